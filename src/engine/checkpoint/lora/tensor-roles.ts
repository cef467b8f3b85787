// Tensor roles in a LoRA file: what each tensor is to the module that it belongs to, by the end of its name. The rest names the module.

/** What a tensor is within its module's adapter. */
// biome-ignore format: a family to a line
export type TensorRole =
  | 'down' | 'mid' | 'up' | 'upBias' | 'alpha' | 'scale' | 'magnitude' | 'rowMagnitude'
  | 'w1a' | 'w1b' | 'w2a' | 'w2b' | 't1' | 't2'
  | 'k1' | 'k1a' | 'k1b' | 'k2' | 'k2a' | 'k2b' | 'kt2'
  | 'by' | 'onInput' | 'diff' | 'diffBias' | 'normWeight' | 'normBias' | 'sparseIndices' | 'sparseValues' | 'sparseSize'
  | 'a1' | 'a2' | 'b1' | 'b2' | 'bm' | 'blocks' | 'turns' | 'rescale'
  | 'unsupported'

/** No ending is the end of another, so their order does not matter. */
const endings: readonly (readonly [ending: string, role: TensorRole])[] = [
  // kohya, LoCon, DoRA
  ['.lora_down.weight', 'down'],
  ['.lora_mid.weight', 'mid'],
  ['.lora_up.weight', 'up'],
  ['.dora_scale', 'magnitude'],
  ['.alpha', 'alpha'],
  // diffusers before PEFT, AnimateDiff's motion LoRAs and domain adapter
  ['.lora_linear_layer.down.weight', 'down'],
  ['.lora_linear_layer.up.weight', 'up'],
  ['.lora.down.weight', 'down'],
  ['.lora.up.weight', 'up'],
  ['_lora.down.weight', 'down'],
  ['_lora.up.weight', 'up'],
  // ai-toolkit's DoRA
  ['.magnitude', 'rowMagnitude'],
  // LyCORIS: LoHa, LoKr
  ['.hada_w1_a', 'w1a'],
  ['.hada_w1_b', 'w1b'],
  ['.hada_w2_a', 'w2a'],
  ['.hada_w2_b', 'w2b'],
  ['.hada_t1', 't1'],
  ['.hada_t2', 't2'],
  ['.lokr_w1', 'k1'],
  ['.lokr_w1_a', 'k1a'],
  ['.lokr_w1_b', 'k1b'],
  ['.lokr_w2', 'k2'],
  ['.lokr_w2_a', 'k2a'],
  ['.lokr_w2_b', 'k2b'],
  ['.lokr_t2', 'kt2'],
  // full, norm, what extraction leaves over, GLoRA, OFT
  ['.diff', 'diff'],
  ['.diff_b', 'diffBias'],
  ['.w_norm', 'normWeight'],
  ['.b_norm', 'normBias'],
  ['.bias_indices', 'sparseIndices'],
  ['.bias_values', 'sparseValues'],
  ['.bias_size', 'sparseSize'],
  ['.a1.weight', 'a1'],
  ['.a2.weight', 'a2'],
  ['.b1.weight', 'b1'],
  ['.b2.weight', 'b2'],
  ['.bm.weight', 'bm'],
  ['.oft_blocks', 'blocks'],
  ['.oft_diag', 'turns'],
  ['.rescale', 'rescale'],
  ['.on_input', 'onInput'],
]

/**
 * PEFT puts the adapter's name into a tensor's, where it was not saved alone: `lora_A.default_0.weight`. Its DoRA stores the length of
 * each output row, whatever the shape (huggingface/peft src/peft/tuners/lora/dora.py).
 */
const peft: readonly (readonly [ending: RegExp, role: TensorRole])[] = [
  [/\.lora_A(\.[\w-]+)?(\.weight)?$/, 'down'],
  [/\.lora_B(\.[\w-]+)?\.bias$/, 'upBias'],
  [/\.lora_B(\.[\w-]+)?(\.weight)?$/, 'up'],
  [/\.lora_magnitude_vector(\.[\w-]+)?(\.weight)?$/, 'rowMagnitude'],
  // Other ways of PEFT to change a weight, which nothing here computes.
  [
    /\.(oft_[rR]|boft_[rRsS]|vera_lambda_[bd]|ia3_l|lora_embedding_[AB]|fourierft_spectrum|randlora_(lambda|gamma))(\.[\w-]+)?(\.weight)?$/,
    'unsupported',
  ],
]

/**
 * IA³'s only tensor has an ending of every checkpoint, and a scale one of many; they are an adapter's only after what kohya's programs and
 * LyCORIS begin names with.
 */
const onlyAfterPrefix = /^((?:.*\.)?(?:lora_(?:unet|te\d?)|lycoris)_.*)\.(weight|scale)$/

/** Splits a name into the module, as the file calls it, and the role; `undefined` for names that no adapter has. */
export function tensorRoleOf(name: string): { readonly module: string; readonly role: TensorRole } | undefined {
  for (const [ending, role] of endings) if (name.endsWith(ending)) return { module: name.slice(0, -ending.length), role }
  for (const [ending, role] of peft) {
    const found = ending.exec(name)
    if (found) return { module: name.slice(0, found.index), role }
  }
  const [, module, end] = onlyAfterPrefix.exec(name) ?? []
  return module === undefined ? undefined : { module, role: end === 'scale' ? 'scale' : 'by' }
}

/** A textual inversion inside a LoRA: `bundle_emb.WORD.KEY`, as LyCORIS, kohya's scripts and OneTrainer write them. */
export const bundledWord = (name: string): string | undefined =>
  /^bundle_emb\.([^.]+)\.(?:string_to_param\.\*|em[bp]_params|clip_l)$/.exec(name)?.[1]
