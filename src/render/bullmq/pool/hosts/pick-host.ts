// A picker (affinity scheduling): which GPU host gets the next render. One that has the style loaded goes before one that has its nets,
// that before any other that can hold it, and among equals the faster one. Whoever waits longest is asked for first, so nobody starves.
// Trainings go to hosts that are kept for them, and drawings to those that train nothing, where there are such.

import type { LaneName } from '../../../../jobs/lane.ts'
import type { AnimationRequest } from '../../../../jobs/request.ts'
import type { ContentDigest } from '../../../content-store/content-store.ts'
import { type HostTakes, takesLane } from '../../host-takes.ts'
import type { ModelKeys } from '../../protocol/model-keys.ts'
import type { KnownHost } from './host-registry.ts'

export interface HostNeeds {
  readonly lane: LaneName
  readonly request: Pick<AnimationRequest, 'width' | 'height' | 'frames'>
  readonly model: ModelKeys
  readonly contents: readonly ContentDigest[]
  /** Of the largest content that can be sent to a host. */
  readonly maxSentBytes: number
}

/** @param freeSlots of a host that takes work */
export function pickHost(hosts: readonly KnownHost[], needs: HostNeeds, freeSlots: (host: KnownHost) => number): KnownHost | undefined {
  const able = hosts.filter((host) => freeSlots(host) > 0 && whyNot(host, needs) === undefined)
  return able.toSorted(
    (a, b) => warmthOf(b, needs) - warmthOf(a, needs) || sharing(a, needs) - sharing(b, needs) || stepMsOf(a, needs) - stepMsOf(b, needs),
  )[0]
}

/** Why a host can never hold this, as a clause; undefined where it can. */
export function whyNot({ takes, installed, devices }: KnownHost, { lane, contents, maxSentBytes }: HostNeeds): string | undefined {
  if (!takesLane(takes, lane)) return keptFor(takes)
  const absent = contents.filter(({ sha256, bytes }) => bytes > maxSentBytes && !installed.includes(sha256))
  if (absent.length > 0)
    return `lacks ${absent.length === 1 ? 'a file' : 'files'} of ${inGigabytes(sum(absent))} that must be installed there`
  const weights = sum(contents)
  // In half precision, and nothing but the weights: less than that is surely too little.
  if (devices.every(({ memoryBytes }) => memoryBytes !== undefined && memoryBytes < weights / 2)) {
    const most = Math.max(...devices.map(({ memoryBytes = 0 }) => memoryBytes))
    return `has ${inGigabytes(most)} of memory, and the weights alone take ${inGigabytes(weights / 2)}`
  }
  return undefined
}

export const keptFor = (takes: HostTakes): string => `is kept for ${takes}`

/** Whether a drawing and a training would have to share it. */
function sharing({ takes, trainings }: KnownHost, { lane }: HostNeeds): number {
  return lane === 'training' ? Number(takes === 'both') : trainings.length
}

/** 2: the style is loaded; 1: its nets are; on a device that is free. A training loads its own. */
function warmthOf({ devices }: KnownHost, { lane, model }: HostNeeds): number {
  if (lane === 'training') return 0
  const warm = devices.filter(({ run }) => run === undefined).flatMap((device) => device.warm)
  return warm.includes(model.style) ? 2 : warm.includes(model.base) ? 1 : 0
}

/** A host that has measured nothing yet is believed to be as fast as any. */
function stepMsOf({ stepTimes }: KnownHost, { model, request }: HostNeeds): number {
  const pixels = ({ width, height, frames }: HostNeeds['request']) => width * height * frames
  const measured = stepTimes.filter((time) => time.model === model.base)
  return Math.min(...measured.map((time) => (time.stepMs * pixels(request)) / pixels(time)), Number.MAX_VALUE)
}

const sum = (contents: readonly ContentDigest[]): number => contents.reduce((bytes, content) => bytes + content.bytes, 0)

const inGigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e9 ? 2 : 1)} GB`
