// A count of physical cores: a net gets one thread on each. ONNX Runtime's own count takes the cores of some virtual machines for halves of
// one, and leaves half of them idle; it also does not see the limits of a container.

import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

const machine = '/sys/devices/system/cpu'

/** Cores that this process may use; 0 leaves the count to ONNX Runtime. */
export function countCores(folder = machine, allowed = availableParallelism()): number {
  try {
    const cores = readdirSync(folder).filter((name) => /^cpu\d+$/.test(name))
    const siblings = cores.map((name) => readFileSync(`${folder}/${name}/topology/thread_siblings_list`, 'utf8'))
    return Math.min(new Set(siblings).size, allowed)
  } catch {
    return 0 // not Linux, or nothing to read there
  }
}
