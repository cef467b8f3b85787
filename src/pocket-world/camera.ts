// Moving cameras: a pan, a zoom and a spin, each over one loop. What motion LoRAs are trained on.

/** Where the camera looks: the place in the middle of the picture, how much is enlarged, and by how much it is turned. */
export interface View {
  readonly x: number
  readonly y: number
  readonly zoom: number
  /** Radians. */
  readonly angle: number
}

/** `time` runs over the loop, 0 to 1. */
export type Camera = (time: number) => View

/**
 * `return`: out and back, so that the loop stays closed. `once`: evenly from nothing at the first frame to all of it at the end of the
 * loop, which is then closed only where the camera ends where it began.
 */
export type Course = 'return' | 'once'

const still: View = { x: 0, y: 0, zoom: 1, angle: 0 }

export const standing: Camera = () => still

/** By (x, y), in the picture's unit: 2 is its width. */
export const pan =
  (x: number, y: number, course: Course): Camera =>
  (time) => ({ ...still, x: x * done[course](time), y: y * done[course](time) })

/** Up to `by` times as near; below 1: as far. */
export const zoom =
  (by: number, course: Course): Camera =>
  (time) => ({ ...still, zoom: by ** done[course](time) })

/** By `angle` radians. */
export const spin =
  (angle: number, course: Course): Camera =>
  (time) => ({ ...still, angle: angle * done[course](time) })

/** As AnimateDiff's motion LoRAs are called: what the camera does. Each comes back, so that a loop stays one. */
export const cameras = {
  'pan-left': pan(-0.4, 0, 'return'),
  'pan-right': pan(0.4, 0, 'return'),
  'tilt-up': pan(0, -0.4, 'return'),
  'tilt-down': pan(0, 0.4, 'return'),
  'zoom-in': zoom(1.3, 'return'),
  'zoom-out': zoom(1 / 1.3, 'return'),
  'rolling-clockwise': spin(0.35, 'return'),
  'rolling-anticlockwise': spin(-0.35, 'return'),
} satisfies Readonly<Record<string, Camera>>

export type CameraName = keyof typeof cameras

export const cameraNames = Object.keys(cameras) as readonly CameraName[]

export const isCamera = (name: string): name is CameraName => Object.hasOwn(cameras, name)

const done: Readonly<Record<Course, (time: number) => number>> = {
  return: (time) => 0.5 - 0.5 * Math.cos(2 * Math.PI * time),
  once: (time) => time,
}
