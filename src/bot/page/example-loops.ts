// Example loops: what the help shows of each example, drawn by this program with the model that ships.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ShownAnimation } from '../../chat/contract/outgoing.ts'
import { readSettings } from '../../media/inspect.ts'
import { webpToGif } from '../../media/webp/webp-to-gif.ts'

/** @param folder with a WebP for each, named after it; undefined where there is none */
export function createExampleLoops(folder: string): (name: string, format: 'webp' | 'gif') => Promise<ShownAnimation | undefined> {
  const known = new Map<string, Promise<ShownAnimation | undefined>>()

  async function read(name: string, format: 'webp' | 'gif'): Promise<ShownAnimation | undefined> {
    const webp = await readFile(join(folder, `${name}.webp`)).catch(() => undefined)
    if (!webp) return undefined
    const { width, height } = readSettings(webp)
    return { bytes: format === 'gif' ? await webpToGif(webp) : webp, format, width, height }
  }

  return (name, format) => {
    const key = `${name}.${format}`
    const shown = known.get(key) ?? read(name, format)
    known.set(key, shown)
    return shown
  }
}
