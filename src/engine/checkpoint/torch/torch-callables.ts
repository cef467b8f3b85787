// An allow-list of what a checkpoint's pickle may call: the one that has served the Stable Diffusion community
// (AUTOMATIC1111/stable-diffusion-webui, modules/safe.py), each entry a function of ours that makes plain data.

import { numpyCallables } from '../pickle/numpy.ts'
import type { Callable, Reading } from '../pickle/pickle-world.ts'
import { torchTensorCallables } from './torch-tensor.ts'

/** torch hangs `_metadata` on a state dict: attributes of a dict carry no weights and are dropped. */
const orderedDict: Callable = {
  call([pairs], reading) {
    const dict = new Map<unknown, unknown>()
    for (const pair of itemsOf(pairs ?? [], reading)) {
      if (!Array.isArray(pair) || pair.length !== 2) throw reading.invalid('an OrderedDict of what are no pairs')
      dict.set(pair[0], pair[1])
    }
    return dict
  },
  build(_, state, reading) {
    if (!(state instanceof Map)) throw reading.invalid('an OrderedDict with a wrong state')
  },
}

/** A torch module that holds parameters by name; the rest of a module's state are hooks and switches. */
const parameterDict: Callable = {
  call: () => new Map<unknown, unknown>(),
  build(made, state, reading) {
    const parameters: unknown = state instanceof Map ? state.get('_parameters') : undefined
    if (!(made instanceof Map) || !(parameters instanceof Map)) throw reading.invalid('a ParameterDict without parameters')
    reading.spend(parameters.size)
    for (const [name, parameter] of parameters) made.set(name, parameter)
  },
}

const set: Callable = { call: ([items], reading) => new Set(itemsOf(items ?? [], reading)) }

/** How protocols without bytes write bytes: the text with one character a byte, to be encoded. */
const encode: Callable = {
  call([text, encoding], reading) {
    if (typeof text !== 'string' || (encoding !== 'latin1' && encoding !== 'latin-1'))
      throw reading.invalid('text in an encoding other than latin1')
    reading.spend(text.length >> 4)
    if (/[^\0-\xff]/.test(text)) throw reading.invalid('text beyond latin1')
    return new Uint8Array(Buffer.from(text, 'latin1'))
  },
}

/** Protocol 2 has no other way to write bytes without any. */
const emptyBytes: Callable = {
  call(args, reading) {
    if (args.length > 0) throw reading.invalid('bytes made from something')
    return new Uint8Array(0)
  },
}

/** By `module.name`. Python 2 says __builtin__ where Python 3 says builtins. */
export const torchCallables: ReadonlyMap<string, Callable> = new Map([
  ...torchTensorCallables,
  ...numpyCallables,
  ['collections.OrderedDict', orderedDict],
  ['torch.nn.modules.container.ParameterDict', parameterDict],
  ['_codecs.encode', encode],
  ['__builtin__.set', set],
  ['builtins.set', set],
  ['__builtin__.frozenset', set],
  ['builtins.frozenset', set],
  ['__builtin__.bytes', emptyBytes],
  ['builtins.bytes', emptyBytes],
])

function itemsOf(items: unknown, reading: Reading): readonly unknown[] {
  if (!Array.isArray(items)) throw reading.invalid('a collection of what is no list')
  reading.spend(items.length * 4)
  return items
}
