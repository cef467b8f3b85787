// Parameterization: whether a UNet predicts the noise or the velocity (v-prediction: Salimans and Ho, arXiv 2202.00512, appendix D), and
// whether its noise schedule ended at nothing but noise. Weights do not show it. What says so: ComfyUI's marker tensors, the metadata of
// modelspec, the .yaml that AUTOMATIC1111 reads beside a checkpoint; and, where none of these says anything, the name.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, isAbsolute } from 'node:path'
import { yamlsBeside } from '../tensor/file-stamp.ts'
import type { TensorFile } from '../tensor/tensor.ts'

export interface Parameterization {
  readonly velocity?: true
  readonly zeroTerminalSnr?: true
  /** Only the file's name says so. */
  readonly byName?: true
}

/** Of a single-file checkpoint or a UNet. */
export function parameterizationOf({ path, tensors, metadata }: TensorFile): Parameterization {
  const yaml = besideIt(path)
  const type = metadata.get('modelspec.prediction_type') ?? /^\s*parameterization:\s*["']?(\w+)/m.exec(yaml)?.[1]
  const zero = tensors.has('ztsnr') || /^\s*(zsnr|ztsnr|zero_terminal_snr|rescale_betas_zero_snr):\s*["']?true/im.test(yaml)
  const zeroTerminalSnr = zero ? { zeroTerminalSnr: true as const } : {}
  if (tensors.has('v_pred') || type?.startsWith('v')) return { velocity: true, ...zeroTerminalSnr }
  if (type !== undefined || zero) return zeroTerminalSnr
  const name = basename(path)
  if (!/(^|[^a-z])v[-_ ]?pred/i.test(name)) return {}
  return { velocity: true, ...(/zt?snr|terminal[-_ ]?snr/i.test(name) && { zeroTerminalSnr: true }), byName: true }
}

const mostYamlBytes = 1 << 20

function besideIt(path: string): string {
  if (!isAbsolute(path)) return ''
  const yaml = yamlsBeside(path).find((file) => existsSync(file))
  return yaml !== undefined && statSync(yaml).isFile() && statSync(yaml).size <= mostYamlBytes ? readFileSync(yaml, 'utf8') : ''
}
