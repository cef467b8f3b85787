// Wrapper words: what programs put before the name of a net's module, each a word of the dotted name. Some say which net follows, the others
// how it was wrapped. Several may stand one behind the other: `module.model.diffusion_model.`, `text_encoders.clip_l.transformer.`.
// Sources: CompVis/stable-diffusion and its descendants (model.diffusion_model, first_stage_model, cond_stage_model.transformer);
// lllyasviel/stable-diffusion-webui-forge and Comfy-Org/ComfyUI comfy/sd.py (text_encoders.clip_l.transformer, diffusion_model);
// leejet/stable-diffusion.cpp (unet, te, vae); huggingface/peft (base_model.model); torch's DataParallel, FSDP and compile.

/** Nets that a word may name. */
export type WrappedNet = 'unet' | 'vae' | 'text'

const words: ReadonlyMap<string, WrappedNet | 'any'> = new Map<string, WrappedNet | 'any'>([
  ['state_dict', 'any'],
  ['module', 'any'],
  ['model', 'any'],
  ['base_model', 'any'],
  ['_forward_module', 'any'],
  ['_fsdp_wrapped_module', 'any'],
  ['_orig_mod', 'any'],
  ['transformer', 'any'],
  ['motion_module', 'any'],
  ['motion_modules', 'any'],
  ['diffusion_model', 'unet'],
  ['unet', 'unet'],
  ['lora_unet', 'unet'],
  ['first_stage_model', 'vae'],
  ['vae', 'vae'],
  ['cond_stage_model', 'text'],
  ['text_encoder', 'text'],
  ['text_encoders', 'text'],
  ['clip_l', 'text'],
  ['te', 'text'],
  ['te1', 'text'],
  ['lora_te', 'text'],
  ['lora_te1', 'text'],
])

/** The name without the words before it, and the net that the last telling one of them names. */
export function unwrapped(name: string): { readonly local: string; readonly net?: WrappedNet } {
  let local = name
  let net: WrappedNet | undefined
  for (;;) {
    const word = words.get(local.slice(0, Math.max(0, local.indexOf('.'))))
    if (word === undefined) break
    if (word !== 'any') net = word
    local = local.slice(local.indexOf('.') + 1)
  }
  // transformers' CLIPTextModel inside a module of the same name.
  while (local.startsWith('text_model.text_model.')) local = local.slice('text_model.'.length)
  return net === undefined ? { local } : { local, net }
}
