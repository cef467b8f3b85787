// How far a drawing is, with the time left.

import { SingleBar } from 'cli-progress'
import type { RenderProgress } from '../jobs/renderer.ts'

/** On a terminal a bar; in a pipe a line now and then. */
export function progressBar(device: string): { show(progress: RenderProgress): void; stop(): void } {
  const bar = new SingleBar({
    format: `{stage} [{bar}] {value}/{total} {left}`,
    barsize: 30,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: false,
    noTTYOutput: true,
    notTTYSchedule: 5000,
    stream: process.stderr,
  })
  const words = { loading: `loading on ${device}`, denoising: 'drawing', decoding: 'decoding', encoding: 'encoding' }
  let firstStep: { atMs: number; step: number } | undefined
  let started = false
  return {
    show({ stage, step, of }) {
      if (!started) bar.start(of || 1, 0, { stage: words[stage], left: '' })
      started = true
      bar.setTotal(of || 1)
      const now = performance.now()
      if (stage === 'denoising') firstStep ??= { atMs: now, step }
      const perStep = firstStep && step > firstStep.step ? (now - firstStep.atMs) / (step - firstStep.step) : undefined
      const left = perStep !== undefined && stage === 'denoising' ? `${Math.ceil(((of - step) * perStep) / 1000)} s left` : ''
      bar.update(step, { stage: words[stage], left })
    },
    stop: () => bar.stop(),
  }
}
