// Ping-pong: a clip that does not loop by itself, played forth and back.

/** What stands in the place of each frame when n frames are played forth and back, no end twice: 0 … n − 1 … 1. */
export const pingPong = (n: number): number[] => [
  ...Array.from({ length: n }, (_, i) => i),
  ...Array.from({ length: Math.max(0, n - 2) }, (_, i) => n - 2 - i),
]
