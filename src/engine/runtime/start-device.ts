// A device, started: chosen by its name, tested against the CPU, with the targets that write nets for it and the caches that it loads them
// from.

import { join } from 'node:path'
import { elementsOf } from '../checkpoint/tensor/tensor.ts'
import type { Device } from '../device-names.ts'
import { UserError } from '../errors.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { type Graph, weightBytes } from '../onnx/graph.ts'
import { cpu, noWinograd } from '../targets/cpu.ts'
import { type Targets, targetsFor } from '../targets/table.ts'
import { type ChecksummedCache, createChecksummedCache } from './checksummed-cache.ts'
import { type ComputedWeights, createComputedWeights } from './computed-weights.ts'
import { countCores } from './cores.ts'
import { probeMachine } from './device-probe.ts'
import { type ChosenDevice, chooseDevice } from './devices.ts'
import { createOptimizedGraphs, type OptimizedGraphs } from './optimized-graphs.ts'
import { type SelfTest, selfTest } from './self-test.ts'
import { createSession, listBackends, type Session, written } from './session.ts'
import { createSessionThreads } from './session-threads.ts'
import type { LoadOptions } from './sessions.ts'

export interface StartedDevice extends Targets {
  readonly device: Device
  /** Sentences to show once: what was passed over or given up, and why. */
  readonly notes: readonly string[]
  /** What the device was found able to do; it holds for this process. */
  readonly selfTest: SelfTest
  load(graph: Graph, options?: LoadOptions): Promise<Session>
}

export interface StartOptions {
  readonly threads?: number
  /** Where weights that had to be computed for the CPU are kept; absent: in memory, at every start anew. */
  readonly weightDir?: string
  readonly maxWeightBytes?: number
  /** A sentence on what goes wrong later: weights that could not be kept. */
  readonly onNote?: (note: string) => void
}

/** @throws UserError where a named device does not start, or computes wrong numbers; `auto` falls back to the CPU and notes it */
export async function startDevice(wanted: Device | 'auto', options: StartOptions = {}): Promise<StartedDevice> {
  const threads = options.threads ?? countCores()
  const alone = (graph: Graph, device: Device): Promise<Session> => createSession(graph, { threads, device, alone: true })
  const choice = await chooseDevice(wanted, probeMachine(alone, listBackends))
  const { tested, notes } = await testedOrCpu(choice, wanted, (device) => selfTest(device, alone))
  const { device } = tested
  const cache = device === 'cpu' ? weightCache(options) : null
  const computed = cache && computedWeights(cache, threads)
  const capacity = cache?.capacity() ?? Infinity
  const lacksDisk = capacity < fullSize
  const optimized = cache && capacity >= mostGraphBytes ? optimizedGraphs(options) : null
  const sessionThreads = device === 'cpu' && threads >= sessionThreadCount ? createSessionThreads(sessionThreadCount) : null
  return {
    device,
    ...(lacksDisk ? { target: cpu(noWinograd), vaeTarget: cpu(noWinograd) } : targetsFor(device, tested)),
    notes: [...choice.passedOver.map(({ reason }) => reason), ...notes, ...(lacksDisk ? [lacksDiskNote(options)] : [])],
    selfTest: tested,
    async load(graph, { parallel } = { parallel: false }) {
      if (parallel && sessionThreads && weightBytes(graph) < mostThreadBytes) {
        return sessionThreads.open(optimized?.prepare(graph) ?? Promise.resolve(written(graph)), {
          threads: Math.floor(threads / sessionThreadCount),
        })
      }
      const ready = (await computed?.prepare(graph)) ?? graph
      const mapped = ready !== graph
      return createSession(ready, { threads, device, mapped, plainLayout: mapped && kernelBytes(ready) > mostCopiedBytes })
    },
  }
}

/** Guidance asks two things at once. */
const sessionThreadCount = 2

/** Of weights: a net that may stand in memory three times (in each thread, and for calls that come alone), and whose layers gain little from several cores. */
const mostThreadBytes = 100e6

/** A VAE's kernels may be copied into the layout that is faster for its large pictures; a UNet's are a gigabyte. */
const mostCopiedBytes = 128e6

const kernelBytes = ({ nodes, initializers }: Graph): number =>
  nodes.reduce(
    (sum, { op, inputs }) => sum + (op === 'Conv' && initializers.has(inputs[1]!.name) ? 4 * elementsOf(inputs[1]!.shape) : 0),
    0,
  )

/** What Stable Diffusion 1.5 with a motion module takes, Winograd's kernels and all. */
const fullSize = 10e9

/** Without a place on the disk, Winograd's kernels would stand in memory twice while they are loaded: 15 GB. */
const lacksDiskNote = ({ weightDir }: StartOptions): string =>
  `There is no room for ${fullSize / 1e9} GB of computed weights in ${weightDir}, so convolutions are computed in the direct form, which is slower.`

const weightCache = ({ weightDir, maxWeightBytes = 2.5 * fullSize, onNote }: StartOptions): ChecksummedCache | null =>
  weightDir === undefined ? null : createChecksummedCache(omitUndefined({ dir: weightDir, maxBytes: maxWeightBytes, onNote }))

/** Each size of animation has graphs of its own: the last few dozen stay. */
const mostGraphBytes = 1e9

function optimizedGraphs({ weightDir, onNote }: StartOptions): OptimizedGraphs | null {
  if (weightDir === undefined) return null
  const options = { dir: join(weightDir, 'graphs'), maxBytes: mostGraphBytes, pointedInto: false, onNote }
  return createOptimizedGraphs(createChecksummedCache(omitUndefined(options)))
}

/** For a net that is not drawn with but trained through, of any size: memory is what training lacks. Null without a place for them. */
export function openComputedWeights(options: StartOptions): ComputedWeights | null {
  const cache = weightCache(options)
  return cache && computedWeights(cache, options.threads ?? countCores(), 0)
}

/** @param minBytes smaller nets are loaded into session threads, or are computed in a moment */
const computedWeights = (cache: ChecksummedCache, threads: number, minBytes = mostThreadBytes): ComputedWeights =>
  createComputedWeights({
    cache,
    minBytes,
    async compute(graph) {
      const session = await createSession(graph, { asWritten: true, threads })
      const values = await session.run({})
      await session.release()
      return values
    },
  })

async function testedOrCpu(
  { device }: ChosenDevice,
  wanted: Device | 'auto',
  test: (device: Device) => Promise<SelfTest>,
): Promise<{ tested: SelfTest; notes: readonly string[] }> {
  try {
    const tested = await test(device)
    return { tested, notes: tested.notes }
  } catch (error) {
    if (wanted !== 'auto' || !(error instanceof UserError)) throw error
    return { tested: await test('cpu'), notes: [error.message] }
  }
}
