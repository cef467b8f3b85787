// Which frames of a clip a training step sees, as AnimateDiff samples them (animatediff/data/dataset.py, WebVid10M).

export interface ClipWindow {
  readonly frames: number
  /** Every so many frames of the clip. */
  readonly stride: number
}

/** Where the window may begin: 0 to this, both included. */
export const lastStart = (length: number, window: ClipWindow): number => length - span(length, window)

/** A clip that is shorter than the window is stretched over all of it. */
export function clipIndices(length: number, start: number, window: ClipWindow): number[] {
  const { frames } = window
  const step = frames > 1 ? (span(length, window) - 1) / (frames - 1) : 0
  return Array.from({ length: frames }, (_, i) => Math.trunc(start + i * step))
}

const span = (length: number, { frames, stride }: ClipWindow): number => Math.min(length, (frames - 1) * stride + 1)
