// Raw RGB frames, as the nets leave them.

/** RGB bytes, frame after frame, row after row: `data` is [count, height, width, 3]. */
export interface Frames {
  readonly count: number
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** A view of frame `i`, [height, width, 3]; shares memory with `frames.data`. */
export function frameAt(frames: Frames, i: number): Uint8Array {
  const size = frames.width * frames.height * 3
  return frames.data.subarray(i * size, (i + 1) * size)
}
