// Measures what a style costs at the real size: two LoRAs of rank 32 on one warm session.

import { join } from 'node:path'
import { syntheticLora, syntheticSd15 } from '../../engine/index.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import type { Print } from '../terminal/plain-text.ts'
import { measureInChild } from './child-measurement.ts'
import { atMost, gib, type Measurement, seconds } from './measurement.ts'
import { writing } from './real-size.ts'
import type { StylesResult, StylesTask } from './styles-process.ts'

export interface StyleBenchOptions {
  readonly dir: string
  readonly threads?: number
}

export async function* measureStyles({ dir, threads }: StyleBenchOptions, print: Print): AsyncGenerator<Measurement> {
  const { checkpoint } = syntheticSd15(dir, { onWrite: (path, bytes) => print(writing(path, bytes)) })
  const loras = [1, 2].map((seed) => ({ file: join(dir, `style-${seed}.safetensors`), strength: 1, seed }))
  for (const { file, seed } of loras) syntheticLora(file, 32, seed)
  const task: StylesTask = {
    files: { checkpoint },
    loras: loras.map(({ file, strength }) => ({ file, strength })) as unknown as StylesTask['loras'],
    side: 512,
    rounds: 3,
    cacheDir: join(dir, 'cache'),
    ...omitUndefined({ threads }),
  }
  const { switchMs, reloads, stepS, oneBytes, bothBytes } = await measureInChild<StylesTask, StylesResult>('styles-process.ts', task)
  yield atMost('going from one style to another', switchMs, 50, (ms) => `${ms.toFixed(1)} ms`)
  yield atMost('graphs loaded by that', reloads, 0, String)
  yield { what: 'a step without a style, 1 frame of 512×512', got: seconds(stepS.plain) }
  yield atMost('a step with one beside, by one without', stepS.beside / stepS.plain, 1.15, times)
  yield atMost('a step with one merged, by one without', stepS.merged / stepS.plain, 1.01, times)
  yield { what: 'memory with one style', got: gib(oneBytes) }
  yield atMost('memory with two by turns, by that', bothBytes / oneBytes, 1.01, times)
}

const times = (ratio: number): string => ratio.toFixed(3)
