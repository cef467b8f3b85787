// Tensor roles in a LoRA file: what each tensor is to the module that it belongs to, by the end of its name. The rest names the module.

/** What a tensor is within its module's adapter. */
// biome-ignore format: a family to a line
export type TensorRole =
  | 'down' | 'mid' | 'up' | 'alpha' | 'magnitude'
  | 'w1a' | 'w1b' | 'w2a' | 'w2b' | 't1' | 't2'
  | 'k1' | 'k1a' | 'k1b' | 'k2' | 'k2a' | 'k2b' | 'kt2'
  | 'by' | 'onInput' | 'diff' | 'diffBias' | 'normWeight' | 'normBias'
  | 'a1' | 'a2' | 'b1' | 'b2' | 'bm' | 'blocks' | 'rescale'

/** No ending is the end of another, so their order does not matter. */
const endings: readonly (readonly [ending: string, role: TensorRole])[] = [
  // kohya, LoCon, DoRA
  ['.lora_down.weight', 'down'],
  ['.lora_mid.weight', 'mid'],
  ['.lora_up.weight', 'up'],
  ['.dora_scale', 'magnitude'],
  ['.alpha', 'alpha'],
  // PEFT
  ['.lora_A.weight', 'down'],
  ['.lora_B.weight', 'up'],
  ['.lora_A.default.weight', 'down'],
  ['.lora_B.default.weight', 'up'],
  ['.lora_magnitude_vector', 'magnitude'],
  ['.lora_magnitude_vector.weight', 'magnitude'],
  ['.lora_magnitude_vector.default.weight', 'magnitude'],
  // diffusers before PEFT, AnimateDiff's motion LoRAs and domain adapter
  ['.lora_linear_layer.down.weight', 'down'],
  ['.lora_linear_layer.up.weight', 'up'],
  ['.lora.down.weight', 'down'],
  ['.lora.up.weight', 'up'],
  ['_lora.down.weight', 'down'],
  ['_lora.up.weight', 'up'],
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
  // full, norm, GLoRA, OFT
  ['.diff', 'diff'],
  ['.diff_b', 'diffBias'],
  ['.w_norm', 'normWeight'],
  ['.b_norm', 'normBias'],
  ['.a1.weight', 'a1'],
  ['.a2.weight', 'a2'],
  ['.b1.weight', 'b1'],
  ['.b2.weight', 'b2'],
  ['.bm.weight', 'bm'],
  ['.oft_blocks', 'blocks'],
  ['.rescale', 'rescale'],
  ['.on_input', 'onInput'],
]

/** IA³'s only tensor has an ending of every checkpoint; it is one only after kohya's beginnings. */
const ia3 = /^(lora_(unet|te\d?)_.*)\.weight$/

/** Splits a name into the module, as the file calls it, and the role; `undefined` for names that no adapter has. */
export function tensorRoleOf(name: string): { readonly module: string; readonly role: TensorRole } | undefined {
  for (const [ending, role] of endings) if (name.endsWith(ending)) return { module: name.slice(0, -ending.length), role }
  const module = ia3.exec(name)?.[1]
  return module === undefined ? undefined : { module, role: 'by' }
}
