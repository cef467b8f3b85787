// Frame delays, in whole units of a file format, without drift.

/**
 * The time of frame `i` is rounded, not its length, so that errors never add up: 12 fps in hundredths is 8, 9, 8, 8, 9, 8 …
 *
 * @param unitsPerSecond 1000 for WebP, 100 for GIF
 * @returns `count` whole numbers whose sum is `count / fps` seconds to within half a unit
 */
export function delays(count: number, fps: number, unitsPerSecond: number): number[] {
  const at = (i: number) => Math.round((i * unitsPerSecond) / fps)
  return Array.from({ length: count }, (_, i) => at(i + 1) - at(i))
}
