// The memory of a machine's graphics cards, as their driver tells it.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export interface Card {
  readonly name: string
  readonly memoryBytes: number
}

const run = promisify(execFile)

/** In the driver's order; none where there is no NVIDIA driver. */
export async function listCards(): Promise<readonly Card[]> {
  try {
    const { stdout } = await run('nvidia-smi', ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'], { timeout: 10_000 })
    return parseCards(stdout)
  } catch {
    return []
  }
}

/** @param text lines such as 'NVIDIA H100 80GB HBM3, 81559': name and mebibytes */
export function parseCards(text: string): readonly Card[] {
  return text.split('\n').flatMap((line) => {
    const [, name, mebibytes] = /^(.+), *(\d+)\s*$/.exec(line) ?? []
    return name === undefined ? [] : [{ name, memoryBytes: Number(mebibytes) * 2 ** 20 }]
  })
}
