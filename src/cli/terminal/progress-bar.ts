// Progress bars with the time left, of a drawing, of a transfer and of a training: on a terminal a bar, in a pipe a line now and then.

import { type Options, SingleBar } from 'cli-progress'
import type { RenderProgress } from '../../jobs/renderer.ts'
import type { Output } from './output.ts'
import { inBytes } from './plain-text.ts'

const options: Options = {
  barsize: 30,
  barCompleteChar: '█',
  barIncompleteChar: '░',
  hideCursor: true,
  noTTYOutput: true,
  notTTYSchedule: 5000,
  gracefulExit: false, // whoever shows a bar stops it, Ctrl+C or not
  stream: process.stderr,
  formatTime: (seconds) => timeLeft(seconds),
}

/** The bar's own format rounds each part by itself: 14m60s. */
export function timeLeft(seconds: number): string {
  const whole = Math.ceil(seconds)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60)]
  if (hours > 0) return `${hours} h ${minutes % 60} min`
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`
}

export interface DrawingBar {
  show(progress: RenderProgress): void
  stop(): void
}

export function drawingBar(device: string, { quiet }: Pick<Output, 'quiet'>): DrawingBar {
  if (quiet) return { show() {}, stop() {} }
  const bar = new SingleBar({ ...options, format: `{stage} [{bar}] {value}/{total} {left}`, clearOnComplete: false })
  const words = { loading: `loading on ${device}`, denoising: 'drawing', decoding: 'decoding', encoding: 'encoding' }
  let firstStep: { atMs: number; step: number } | undefined
  let started = false
  return {
    show({ stage, step, of, loading }) {
      if (!started) bar.start(of || 1, 0, { stage: words[stage], left: '' })
      started = true
      if (loading) {
        bar.setTotal(100)
        bar.update(Math.floor(loading.share * 100), { stage: words.loading, left: `about ${Math.ceil(loading.leftMs / 1000)} s left` })
        return
      }
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

export interface TransferBar {
  /** In bytes. */
  show(done: number, of: number): void
  stop(): void
}

export function transferBar(name: string, { quiet }: Pick<Output, 'quiet'>): TransferBar {
  if (quiet) return { show() {}, stop() {} }
  const format = `${name} [{bar}] {percentage}% {done} of {of}, {eta_formatted} left`
  const bar = new SingleBar({ ...options, format, etaBuffer: 200 })
  let started = false
  return {
    show(done, of) {
      const payload = { done: inBytes(done), of: inBytes(of) }
      if (started) return bar.update(done, payload)
      started = true
      bar.start(of, done, payload)
    },
    stop: () => bar.stop(),
  }
}

export interface TrainingBar {
  show(progress: { readonly what: string; readonly done: number; readonly of: number; readonly loss?: number }): void
  stop(): void
}

/** Of something of which much is done one after the other; with the loss where there is one, a mean over the last steps. */
export function trainingBar({ quiet }: Pick<Output, 'quiet'>): TrainingBar {
  if (quiet) return { show() {}, stop() {} }
  const bar = new SingleBar({ ...options, format: '{what} [{bar}] {value}/{total}{loss}, {eta_formatted} left', etaBuffer: 50 })
  let shown: string | undefined
  let mean: number | undefined
  return {
    show({ what, done, of, loss }) {
      if (loss !== undefined && Number.isFinite(loss)) mean = mean === undefined ? loss : mean + (loss - mean) / 50
      const payload = { what, loss: mean === undefined ? '' : ` loss ${mean.toFixed(4)}` }
      if (shown === what) return bar.update(done, payload)
      if (shown !== undefined) bar.stop()
      shown = what
      bar.start(of, done, payload)
    },
    stop: () => bar.stop(),
  }
}
