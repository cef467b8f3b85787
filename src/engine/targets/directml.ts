// DirectML (Windows). The operators are CUDA's: NhwcConv and GroupNorm are the same in layout and meaning (DmlOperatorConvolution.cpp,
// DmlOperatorGroupNorm.cpp), built from DirectML's own and therefore right for any width. Not run by this project.

import type { Ability } from './ability.ts'
import { channelsLast } from './channels-last.ts'
import type { Target } from './target.ts'

export const directml = (ability: Ability): Target =>
  channelsLast('dml', ability, { groupNorm: () => true, geglu: () => true, biasAdd: () => true })
