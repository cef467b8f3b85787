// The architecture of AnimateDiff's motion modules, read from the shapes of their tensors and from what files say of themselves.

import type { Named } from '../dialects/parts.ts'
import { tellingName } from '../telling-name.ts'
import { configured, countBlocks, dims, refuseDepth, refuseManyPositions, refuseUneven } from './architecture-readers.ts'

export const motionVersions = ['v1', 'v2', 'v3', 'animatelcm', 'lightning'] as const
export type MotionVersion = (typeof motionVersions)[number]

export interface MotionArchitecture {
  readonly version: MotionVersion
  /** Neither the file nor its name says so: it is what most such files are. */
  readonly guessed?: true
  /** Steps that a Lightning module was distilled for. */
  readonly steps?: number
  readonly midBlock: boolean
  readonly heads: number
  /** Rows of the position table it was trained with. */
  readonly peRows: number
  /** Frames that one window may have. */
  readonly maxFrames: number
  /** It was trained on loops of so many frames: they close by themselves. */
  readonly loopFrames?: number
  /** Channels of each level, from the full resolution down. */
  readonly widths: readonly number[]
  /** Modules in a down block; an up block has one more. */
  readonly layersPerBlock: number
  /** Resnets take their group statistics across the frames of a window (v1 alone). */
  readonly acrossFrames: boolean
  readonly attentionsPerBlock: number
  readonly normGroups: number
  /** It was trained with other positions than the usual sines: those that it stores count. */
  readonly ownPositions?: true
}

/** What is known of a motion module besides its weights. */
export interface MotionSource {
  readonly path?: string
  readonly metadata?: ReadonlyMap<string, string>
  /** Rows of the stored position tables (`Parts.peRows`). */
  readonly peRows?: number
  /** A MotionAdapter's config.json. */
  readonly config?: unknown
  /** Said by the user: overrules what the file looks like. */
  readonly version?: MotionVersion
}

/** Far above every published module, of which the longest knows 64: a table is read whole, and says how long a window may be. */
const mostPositions = 1024

/**
 * AnimateDiff's motion modules. v1 is known by a position table of other than 32 rows, the v2 family by its mid block, AnimateLCM by no table;
 * Lightning has v2's layout, so only its name or metadata tells (huggingface ByteDance/AnimateDiff-Lightning).
 * @throws UserError `checkpoint-key-missing`, `checkpoint-shape`, `checkpoint-config`, `checkpoint-positions`
 */
export function motionArchitecture(tensors: Named, source: MotionSource = {}): MotionArchitecture {
  const levels = countBlocks(tensors, /^down_blocks\.(\d+)\.motion_modules\./)
  const midBlock = tensors.has('mid_block.motion_modules.0.norm.weight')
  const stored = source.peRows ?? configured(tensors, source.config, ['motion_max_seq_length'])
  if (source.peRows !== undefined && source.peRows > mostPositions) refuseManyPositions(tensors, source.peRows, mostPositions)
  const version = source.version ?? versionOf(midBlock, stored, source)
  const named = says('v[123]|mm_sd_v1[45]', tellingName(source.path ?? '').toLowerCase()) || /lcm|lightning/.test(saidOf(source))
  const guessed = source.version === undefined && stored === undefined && !named
  const steps = version === 'lightning' ? stepsOf(source) : undefined
  const loopFrames = configured(tensors, source.config, ['motion_loop_frames'])
  const peRows = stored ?? (version === 'v1' ? 24 : version === 'animatelcm' ? 64 : 32)
  const first = 'down_blocks.0.motion_modules.0'
  const widths = Array.from({ length: levels }, (_, b) => dims(tensors, `down_blocks.${b}.motion_modules.0.norm.weight`, 1)[0]!)
  const heads = configured(tensors, source.config, ['motion_num_attention_heads']) ?? 8
  refuseUneven(tensors, widths, heads, 'heads')
  const normGroups = configured(tensors, source.config, ['motion_norm_num_groups']) ?? 32
  refuseUneven(tensors, widths, normGroups, 'groups')
  const depth = countBlocks(tensors, /\.motion_modules\.\d+\.transformer_blocks\.(\d+)\./)
  if (depth > 1) refuseDepth(tensors, `${first}.transformer_blocks`, depth)
  return {
    version,
    ...(guessed && { guessed }),
    ...(steps === undefined ? {} : { steps }),
    midBlock,
    heads,
    peRows,
    maxFrames: stored === undefined ? Math.min(peRows, 32) : peRows,
    ...(loopFrames !== undefined && { loopFrames }),
    widths,
    layersPerBlock: countBlocks(tensors, /^down_blocks\.0\.motion_modules\.(\d+)\./),
    acrossFrames: version === 'v1',
    attentionsPerBlock: tensors.has(`${first}.transformer_blocks.0.attn2.to_q.weight`) ? 2 : 1,
    normGroups,
  }
}

function versionOf(midBlock: boolean, peRows: number | undefined, source: MotionSource): MotionVersion {
  const name = tellingName(source.path ?? '').toLowerCase()
  if (midBlock) {
    if (saidOf(source).includes('lightning')) return 'lightning'
    // Saved as a MotionAdapter it has a table, or a configuration that says how long one is.
    if (/animate[-_ ]?lcm/.test(saidOf(source))) return 'animatelcm'
    return peRows === undefined && !says('v2', name) ? 'animatelcm' : 'v2'
  }
  // v3 was published with 32 rows. Trained on for other lengths, a v1 module stays one (so has ComfyUI-AnimateDiff-Evolved it too).
  if (peRows !== undefined) return peRows === 32 || (peRows !== 24 && says('v3', name)) ? 'v3' : 'v1'
  // Without a table only the name is left; the first modules were called after the SD they were trained on.
  return says('v1|mm_sd_v1[45]', name) ? 'v1' : 'v3'
}

const says = (version: string, name: string): boolean => new RegExp(`(^|[^a-z0-9])(${version})([^0-9]|$)`).test(name)

function stepsOf(source: MotionSource): number | undefined {
  const found = /(\d+)[ _-]?step/.exec(saidOf(source))
  return found ? Number(found[1]) : undefined
}

/** What the file's name and its metadata say, in one lower-case text. */
const saidOf = ({ path = '', metadata }: MotionSource): string =>
  [tellingName(path), ...(metadata?.values() ?? [])].join('\n').toLowerCase()
