import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { readPickle } from '../../../../src/engine/checkpoint/pickle/pickle.ts'
import { PickledName } from '../../../../src/engine/checkpoint/pickle/pickle-world.ts'
import { torchCallables } from '../../../../src/engine/checkpoint/torch/torch-callables.ts'
import { torchStorages } from '../../../../src/engine/checkpoint/torch/torch-tensor.ts'
import { UserError } from '../../../../src/engine/errors.ts'

/** @param program opcodes and arguments, one letter a byte */
function read(program: string | Uint8Array): unknown {
  const bytes = typeof program === 'string' ? Buffer.from(program, 'latin1') : program
  return readPickle(bytes, 0, { callables: torchCallables, persistent: torchStorages().persistent, where: 'x.ckpt' }).value
}

const python = JSON.parse(readFileSync(new URL('../../../fixtures/pickles.json', import.meta.url), 'utf8')) as {
  readonly integers: readonly string[]
  readonly pickles: Readonly<Record<string, string>>
}

describe('readPickle on data', () => {
  for (const [protocol, hex] of Object.entries(python.pickles)) {
    test(`reads what Python writes with protocol ${protocol}`, () => {
      const floats = [0.1, -0, 1e300, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
      const value = read(Buffer.from(hex, 'hex'))
      assert.deepEqual(
        value,
        new Map<unknown, unknown>([
          ['text', "zoë 😀 \\ \n 'quoted'"],
          ['integers', python.integers.map((text) => (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)))],
          ['floats', floats],
          ['constants', [null, true, false]],
          ['nested', [[1], [1, 2], [1, 2, 3], [1, 2, 3, 4], []]],
          ['bytes', Uint8Array.of(0, 255)],
          ['empty', new Uint8Array(0)],
          ['set', new Set([7])],
          ['ordered', new Map<string, unknown>([['b', 1], ['a', []]])], // biome-ignore format: pairs
          [5, new Map()],
          ['again', floats],
        ]),
      )
      assert.ok(value instanceof Map && value.get('again') === value.get('floats'))
      assert.ok(value instanceof Map && [...(value.get('ordered') as Map<string, unknown>).keys()].join() === 'b,a')
    })
  }

  test("reads Python 2's strings, one letter a byte", () => {
    assert.deepEqual(read("(S'it\\'s \\x00\\xe4\\n'\nU\x02\xe4bT\x01\x00\x00\x00zl."), ["it's \0ä\n", 'äb', 'z'])
  })

  test('gives the byte after its end, so that another pickle may follow', () => {
    assert.equal(readPickle(Buffer.from('\x80\x02K\x01.K\x02.', 'latin1'), 0, { callables: new Map(), where: '' }).end, 5)
    assert.equal(readPickle(Buffer.from('\x80\x02K\x01.K\x02.', 'latin1'), 5, { callables: new Map(), where: '' }).value, 2)
  })

  test('keeps a class that is only named as an inert name', () => {
    const value = read('(cpytorch_lightning.callbacks.model_checkpoint\nModelCheckpoint\ncos\nsystem\nl.')
    assert.deepEqual(value, [
      new PickledName('pytorch_lightning.callbacks.model_checkpoint', 'ModelCheckpoint'),
      new PickledName('os', 'system'),
    ])
  })

  test('lets a list hold itself', () => {
    const list = read(']q\0h\0a.')
    assert.ok(Array.isArray(list) && list[0] === list)
  })

  test('drops what hangs on a dict as an attribute', () => {
    assert.deepEqual(read('ccollections\nOrderedDict\n)R}U\x09_metadata}sb.'), new Map())
  })

  test('rebuilds NumPy scalars and arrays', () => {
    const type = (code: string, order: string) =>
      `cnumpy\ndtype\n(U\x02${code}K\x00K\x01tR(K\x03U\x01${order}NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb`
    const scalar = (code: string, bytes: string, order = '<') =>
      read(`cnumpy.core.multiarray\nscalar\n(${type(code, order)}U${String.fromCharCode(bytes.length)}${bytes}tR.`)
    assert.equal(scalar('f8', '\0\0\0\0\0\0\xf8\x3f'), 1.5)
    assert.equal(scalar('f8', '\x3f\xf8\0\0\0\0\0\0', '>'), 1.5)
    assert.equal(scalar('f2', '\0\x3e'), 1.5)
    assert.equal(scalar('i8', '\xff\xff\xff\xff\xff\xff\xff\xff'), -1)
    assert.equal(scalar('u8', '\xff\xff\xff\xff\xff\xff\xff\xff'), 2n ** 64n - 1n)
    assert.equal(scalar('b1', '\x01'), true)
    const date = scalar('M8', '\0\0\0\0\0\0\0\0')
    assert.ok(typeof date === 'object' && date !== null && 'data' in date && date.data instanceof Uint8Array && date.data.length === 8)
  })
})

describe('readPickle on hostile files', () => {
  const called: readonly [how: string, name: string, program: string][] = [
    ['REDUCE', 'os.system', "cos\nsystem\n(S'touch /tmp/owned'\ntR."],
    ['REDUCE', 'posix.system', '\x80\x02cposix\nsystem\nq\0X\x04\0\0\0true\x85q\x01Rq\x02.'],
    ['REDUCE', 'builtins.eval', '\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x051 + 1\x85R.'],
    ['REDUCE', '__builtin__.exec', "c__builtin__\nexec\n(S'pass'\ntR."],
    ['REDUCE', 'builtins.getattr', "cbuiltins\ngetattr\n(ctorch\nhub\nS'load'\ntR(S'repo'\ntR."],
    ['REDUCE', '__builtin__.getattr', "c__builtin__\ngetattr\n(ccollections\nOrderedDict\nS'__init__'\ntR."],
    [
      'REDUCE',
      'collections.OrderedDict.__init__.__globals__',
      '\x80\x04\x8c\x0bcollections\x8c\x20OrderedDict.__init__.__globals__\x93)R.',
    ],
    ['REDUCE', 'torch.storage._load_from_bytes', 'ctorch.storage\n_load_from_bytes\n(C\x01.tR.'],
    ['REDUCE', 'torch.load', "ctorch\nload\n(S'x'\ntR."],
    ['REDUCE', 'numpy.load', "cnumpy\nload\n(S'x'\ntR."],
    ['REDUCE', 'collections.__proto__', 'ccollections\n__proto__\n)R.'],
    ['REDUCE', '.', 'c\n\n)R.'],
    ['NEWOBJ', 'subprocess.Popen', '\x80\x02csubprocess\nPopen\n]U\x04truea\x85\x81.'],
    [
      'NEWOBJ',
      'pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint',
      '\x80\x02cpytorch_lightning.callbacks.model_checkpoint\nModelCheckpoint\n)\x81}b.',
    ],
    ['NEWOBJ_EX', 'subprocess.Popen', '\x80\x04csubprocess\nPopen\n)}\x8c\x04argsK\x01s\x92.'],
    ['INST', 'os.system', "(S'true'\nios\nsystem\n."],
    ['OBJ', 'os.system', "(cos\nsystem\nS'true'\no."],
    ['BUILD', 'os.environ', "cos\nenviron\n}S'PATH'\nS''\nsb."],
    ['BUILD', 'torch.nn.Module', '\x80\x02ctorch.nn\nModule\nN}\x86b.'],
  ]
  for (const [how, name, program] of called) {
    test(`refuses ${name} by ${how}, by its name`, () => {
      assert.throws(
        () => read(program),
        (error) =>
          error instanceof UserError && error.code === 'pickle-call-refused' && error.data['name'] === name && error.data['how'] === how,
      )
    })
  }

  test('says a name that would break the sentence in quotes, and cut short', () => {
    assert.throws(
      () => read(`c\x1b[31mevil\r${'y'.repeat(10_000)}\nx\n)R.`),
      (error) =>
        error instanceof UserError && error.message.length < 500 && !error.message.includes('\x1b') && !error.message.includes('\r'),
    )
  })

  const broken: readonly [what: string, code: string, program: string][] = [
    ['a call of a list', 'pickle-invalid', '])R.'],
    ['a call of a dict it made itself', 'pickle-invalid', 'ccollections\nOrderedDict\n)R)R.'],
    ['a call without arguments', 'pickle-invalid', 'ccollections\nOrderedDict\nNR.'],
    ['an allowed function on a named class', 'pickle-invalid', 'ccollections\nOrderedDict\n(cos\nenviron\ntR.'],
    ['an entry for a named class', 'pickle-invalid', 'cos\nenviron\nK\x01K\x02s.'],
    ['a state for a plain dict', 'pickle-invalid', '}}b.'],
    ['a state for a number', 'pickle-invalid', 'K\x01}b.'],
    ['a state that is none', 'pickle-invalid', 'ccollections\nOrderedDict\n)RK\x01b.'],
    ['named arguments for an allowed class', 'pickle-invalid', '\x80\x04ccollections\nOrderedDict\n)}K\x01K\x02s\x92.'],
    ['an entry for a tuple', 'pickle-invalid', ')K\x01K\x02s.'],
    ['an item appended to a dict', 'pickle-invalid', '}K\x01a.'],
    ['a key without a value', 'pickle-invalid', '}(K\x01u.'],
    ['an item for a list as if it were a set', 'pickle-invalid', '\x80\x04](K\x01\x90.'],
    ['an empty stack', 'pickle-invalid', '.'],
    ['a duplicate of nothing', 'pickle-invalid', '2.'],
    ['a tuple of three out of two', 'pickle-invalid', 'NN\x87.'],
    ['values from below a mark', 'pickle-invalid', 'NN(\x86.'],
    ['an end without a mark', 'pickle-invalid', 'Nt.'],
    ['an object without a class', 'pickle-invalid', '(o.'],
    ['a memo entry that was never stored', 'pickle-invalid', 'h\x07.'],
    ['a memo entry by a negative number', 'pickle-invalid', 'g-1\n.'],
    ['a memo entry of nothing', 'pickle-invalid', 'q\0.'],
    ['an extension', 'pickle-invalid', '\x82\x01.'],
    ['a persistent id in text', 'pickle-invalid', 'P0\n.'],
    ['a persistent id that is no storage', 'pickle-invalid', 'U\x01xQ.'],
    ['a buffer from outside', 'pickle-invalid', '\x97.'],
    ['protocol 6', 'pickle-invalid', '\x80\x06N.'],
    ['a byte that is no opcode', 'pickle-invalid', '\xff.'],
    ['a class whose name is a number', 'pickle-invalid', 'K\x01K\x02\x93.'],
    ['text that is not UTF-8', 'pickle-invalid', 'X\x01\0\0\0\xff.'],
    ['text longer than the file', 'pickle-truncated', 'X\xff\xff\xff\xffabc.'],
    ['text of 2^64 - 1 bytes', 'pickle-truncated', '\x8d\xff\xff\xff\xff\xff\xff\xff\xffabc.'],
    ['bytes of 2^63 bytes', 'pickle-truncated', '\x8e\0\0\0\0\0\0\0\x80abc.'],
    ['an integer of 4 GB', 'pickle-invalid', '\x8b\xff\xff\xff\xff.'],
    ['an integer that is none', 'pickle-invalid', 'Iabc\n.'],
    ['a float that is none', 'pickle-invalid', 'F1.2.3\n.'],
    ['a string without quotes', 'pickle-invalid', 'Sabc\n.'],
    ['a string with an unknown escape', 'pickle-invalid', "S'\\q'\n."],
    ['a character beyond Unicode', 'pickle-invalid', 'V\\U00110000\n.'],
    ['bytes from something', 'pickle-invalid', 'c__builtin__\nbytes\n(K\x01tR.'],
    ['an unknown encoding', 'pickle-invalid', 'c_codecs\nencode\n(U\x01aU\x04zlibtR.'],
    ['pairs that are none', 'pickle-invalid', 'ccollections\nOrderedDict\n(]K\x01atR.'],
    ['a ParameterDict without parameters', 'pickle-invalid', 'ctorch.nn.modules.container\nParameterDict\n)\x81}b.'],
    ['a NumPy type without a code', 'pickle-invalid', 'cnumpy\ndtype\n(K\x01tR.'],
    ['a NumPy scalar of a named type', 'pickle-invalid', 'cnumpy.core.multiarray\nscalar\n(cos\nsystem\nU\x01atR.'],
    ['nothing', 'pickle-truncated', ''],
  ]
  for (const [what, code, program] of broken) {
    test(`refuses ${what}`, () => {
      assert.throws(() => read(program), { name: 'UserError', code })
    })
  }

  const storage = (elements: string) => `(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpu${elements}tQ`
  const tensor = (view: string, elements = 'K\x06') => `ctorch._utils\n_rebuild_tensor_v2\n(${storage(elements)}${view}\x89NtR.`
  test('rebuilds a tensor over the last elements of its storage', () => {
    assert.ok(read(tensor('K\x02K\x02K\x02\x86K\x02K\x01\x86')))
  })
  const views: readonly [what: string, program: string][] = [
    ['one element past its storage', tensor('K\x03K\x02K\x02\x86K\x02K\x01\x86')],
    ['past its storage by its stride', tensor('K\0K\x02K\x02\x86K\x05K\x01\x86')],
    ['of more elements than can be counted', tensor('K\0J\xff\xff\xff\x7fJ\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x87K\0K\0K\0\x87')],
    ['with a stride that overflows', tensor('K\0K\x02\x85\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85')],
    ['with a negative stride', tensor('K\x05K\x02\x85J\xff\xff\xff\xff\x85')],
    ['with a negative offset', tensor('J\xff\xff\xff\xffK\x02\x85K\x01\x85')],
    ['with half an element of offset', tensor('G\x3f\xe0\0\0\0\0\0\0K\x02\x85K\x01\x85')],
    ['with a shape and no stride', tensor('K\0K\x02\x85)')],
    ['whose shape is itself', tensor('K\0]q\0h\0aK\x01\x85')],
    ['empty, and past its storage', tensor('K\x07K\0\x85K\x01\x85')],
    ['over a storage of no size', tensor('K\0K\x01\x85K\x01\x85', 'N')],
    ['over a storage of negative size', tensor('K\0K\x01\x85K\x01\x85', 'J\xff\xff\xff\xff')],
    ['over a storage of an unknown type', tensor('K\0K\x01\x85K\x01\x85').replace('FloatStorage', 'QUInt4x2Storage')],
    ['over a storage of a nested type', tensor('K\0K\x01\x85K\x01\x85').replace('ctorch\nFloatStorage\n', `]${')\x85'.repeat(50_000)}`)],
    ['over a list', 'ctorch._utils\n_rebuild_tensor_v2\n(]K\0K\x01\x85K\x01\x85\x89NtR.'],
    ['as a parameter that is a list', 'ctorch._utils\n_rebuild_parameter\n(]\x88NtR.'],
    [
      'over one key with two sizes',
      `(${tensor('K\0K\x01\x85K\x01\x85').slice(0, -1)}${tensor('K\0K\x01\x85K\x01\x85', 'K\x07').slice(0, -1)}t.`,
    ],
  ]
  for (const [what, program] of views) {
    test(`refuses a tensor ${what}`, () => {
      assert.throws(() => read(program), { name: 'UserError', code: 'pickle-invalid' })
    })
  }

  const longText = (bytes: number) => {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes)
    return `X${length.toString('latin1')}${'a'.repeat(bytes)}`
  }
  const bombs: readonly [what: string, program: () => string][] = [
    ['two million dicts', () => `(${'}'.repeat(2_000_000)}l.`],
    ['two million bytes of nothing', () => `(${'C\0'.repeat(2_000_000)}l.`],
    ['ten million memo entries', () => `]${'\x94'.repeat(10_000_000)}.`],
    ['a million open marks', () => `${'('.repeat(1_000_000)}.`],
    ['thirty million nothings', () => `(${'N'.repeat(30_000_000)}l.`],
    [
      'a text encoded again and again',
      () => `${longText(1_000_000)}q\0c_codecs\nencode\nq\x01${'h\x01h\0U\x06latin1\x86R0'.repeat(20_000)}.`,
    ],
    [
      'a list copied into set after set',
      () => `](${'K\x01'.repeat(100_000)}eq\0c__builtin__\nset\nq\x01${'h\x01h\0\x85R0'.repeat(1000)}N.`,
    ],
  ]
  for (const [what, program] of bombs) {
    test(`stops at ${what}`, () => {
      const bytes = Buffer.from(program(), 'latin1')
      const begin = process.cpuUsage()
      assert.throws(() => read(bytes), { name: 'UserError', code: 'pickle-too-large' })
      const { user, system } = process.cpuUsage(begin)
      assert.ok(user + system < 10_000_000, `${user + system} µs`)
    })
  }

  test('a number of a million digits and a line without an end are refused at once', () => {
    assert.throws(() => read(`L${'9'.repeat(1_000_000)}L\n.`), { code: 'pickle-invalid' })
    assert.throws(() => read(`F${'9'.repeat(1_000_000)}x\n.`), { code: 'pickle-invalid' })
    assert.throws(() => read(`I${'9'.repeat(1_000_000)}`), { code: 'pickle-truncated' })
  })

  test('a pickle cut at any byte is refused', () => {
    for (const hex of Object.values(python.pickles)) {
      const whole = Buffer.from(hex, 'hex')
      for (let end = 0; end < whole.length; end++) assert.throws(() => read(whole.subarray(0, end)), UserError, `cut at ${end}`)
    }
  })
})
