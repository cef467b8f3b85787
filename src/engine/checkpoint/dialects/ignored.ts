// Ignored tensors: those that real files carry and no net needs, each with the reason that `zoetrope inspect` gives.

const reasons: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^model_ema\./, 'a running average of the weights, kept for further training'],
  [/(^|\.)position_ids$/, 'the numbers 0 to 76'],
  [/\.(pos_encoder\.(pe|pos_encoding)|pos_embed\.pe)$/, 'positions, which are computed anew unless they differ from the usual sines'],
  [/^(.*\.)?loss\./, 'the loss used in training'],
  [/^(sqrt_|log_|posterior_)?(one_minus_)?(recip_?m?1?_?)?(alphas|betas)/, 'the training schedule'],
  [/^(log_one_minus_alphas|sqrt_|posterior_|lvlb_weights|logvar$|scale_factor$)/, 'the training schedule'],
  [/^(optimizer|optimizer_states|lr_schedulers|callbacks|loops|ema)\b/, 'the state of an optimizer'],
  [/^(epoch|global_step|step|iteration)$/, 'a training counter'],
  [/(^|\.)(logit_scale|text_projection(\.weight)?|visual_projection\.weight)$/, "CLIP's comparison with images"],
  [/(^|\.)vision_model\./, "CLIP's eye"],
  [/^(cond_stage_model\.)?safety_checker\./, 'a filter of finished images'],
  [/^(v_pred|ztsnr)$/, 'a mark of what it predicts, which counts'],
  [/^animatediff_config\b/, 'the training configuration'],
  [/^(emp_params_out|emb_params_out|clip_l_out)$/, 'vectors that are added behind the text encoder'],
]

/** Why a tensor of this name is left aside; `undefined` where its name says nothing. */
export const whyIgnored = (name: string): string | undefined => reasons.find(([pattern]) => pattern.test(name))?.[1]
