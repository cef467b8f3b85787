// GPU hosts of a render pool, as the chat sees them.

import type { GpuDeviceSummary, GpuHosts } from '../chat/contract/gpu-hosts.ts'
import { omitUndefined } from '../omit-undefined.ts'
import type { KnownHost } from '../render/bullmq/pool/hosts/host-registry.ts'
import type { BullmqPool } from '../render/bullmq/pool/pool.ts'
import { jobOfRun } from '../render/bullmq/protocol/keys.ts'
import type { Recipe } from '../render/recipe.ts'

/** @param recipeOf what somebody gets with a style who says nothing else */
export function gpuHostsOf(pool: Pick<BullmqPool, 'hosts' | 'drain' | 'able'>, recipeOf: (style: string) => Promise<Recipe>): GpuHosts {
  const heard = (): readonly KnownHost[] => pool.hosts().filter((host) => host.heard)
  return {
    list: () =>
      heard()
        .map(({ host: id, name, state, drained, takes, devices, trainings }) => ({
          id,
          name,
          drained: drained || state !== 'up',
          devices: devices.map((device, n) => summaryOf(device, takes === 'trainings' && n < trainings.length)),
          ...(takes !== 'drawings' && { trainings: { kept: takes === 'trainings', running: trainings.length } }),
        }))
        .sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id)),
    async drain(wanted, drained) {
      const named = heard().filter(({ host, name }) => host === wanted || name.toLowerCase() === wanted.toLowerCase())
      const done = await Promise.all(named.map(({ host }) => pool.drain(host, drained)))
      return done.some(Boolean)
    },
    able: async (style) => (await pool.able(await recipeOf(style))).map(({ name }) => name),
  }
}

function summaryOf({ name, memoryBytes, run }: KnownHost['devices'][number], trains: boolean): GpuDeviceSummary {
  return { name, busy: trains || run !== undefined, ...omitUndefined({ memoryBytes, job: run && jobOfRun(run) }) }
}
