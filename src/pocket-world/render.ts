// Draws scenes: the truth that the small model is trained on and judged by. 128 × 128, 16 frames, motions of period 1.

import type { Frames } from '../engine/frames.ts'
import { type Camera, standing, type View } from './camera.ts'
import { colours, shade, tint } from './colour.ts'
import { type Canvas, createCanvas, Pen } from './pen.ts'
import { places } from './places.ts'
import type { Scene } from './scene.ts'
import { subjects } from './subjects.ts'

export interface LoopOptions {
  /** Pixels of both sides. */
  readonly side?: number
  readonly frames?: number
  readonly camera?: Camera
}

export const usualSide = 128
export const usualFrames = 16

/** Samples of a pixel, across and down. */
const samples = 2

/** The whole loop. */
export function renderLoop(scene: Scene, { side = usualSide, frames = usualFrames, camera = standing }: LoopOptions = {}): Frames {
  const data = new Uint8Array(frames * side * side * 3)
  const canvas = createCanvas(side * samples)
  for (let i = 0; i < frames; i++) {
    const time = i / frames
    draw(scene, time, camera(time), canvas)
    average(canvas, data.subarray(i * side * side * 3, (i + 1) * side * side * 3))
  }
  return { count: frames, width: side, height: side, data }
}

/** One frame of it, at `time` of the loop, 0 to 1: [side, side, 3]. */
export function renderFrame(
  scene: Scene,
  time: number,
  { side = usualSide, camera = standing }: Omit<LoopOptions, 'frames'> = {},
): Uint8Array {
  const data = new Uint8Array(side * side * 3)
  const canvas = createCanvas(side * samples)
  draw(scene, time, camera(time), canvas)
  average(canvas, data)
  return data
}

function draw(
  { subject, colour, place, scale, start, x, y, facing, hill, cloud, specks }: Scene,
  time: number,
  view: View,
  canvas: Canvas,
): void {
  const pen = Pen.on(canvas, view)
  const moment = (time + start) % 1
  const when = { time: moment, phase: 2 * Math.PI * moment }
  places[place].draw(pen, { hill, cloud, specks, ...when })
  const own = colours[colour]
  const shades = { colour: own, dark: shade(own, 0.72), light: tint(own, 0.45), line: shade(own, 0.4) }
  subjects[subject].draw(pen, { ...shades, size: scale, x, y, facing, ...when })
}

/** Bytes of each pixel: the mean of its samples. */
function average({ side, rgb }: Canvas, out: Uint8Array): void {
  const width = side / samples
  const row = side * 3
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < width; x++) {
      const from = samples * (y * row + x * 3)
      const to = (y * width + x) * 3
      for (let c = 0; c < 3; c++) {
        const sum = rgb[from + c]! + rgb[from + 3 + c]! + rgb[from + row + c]! + rgb[from + row + 3 + c]!
        out[to + c] = Math.round((255 / samples ** 2) * sum)
      }
    }
  }
}
