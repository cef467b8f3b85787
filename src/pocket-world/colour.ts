// Colours: red, green, blue from 0 to 1, and the ten that captions name.

export type Rgb = readonly [red: number, green: number, blue: number]

export const colours = {
  red: [0.9, 0.16, 0.18],
  orange: [0.97, 0.52, 0.12],
  yellow: [0.98, 0.84, 0.2],
  green: [0.22, 0.7, 0.3],
  blue: [0.18, 0.42, 0.92],
  purple: [0.55, 0.27, 0.82],
  pink: [0.98, 0.54, 0.74],
  white: [0.96, 0.96, 0.97],
  black: [0.16, 0.16, 0.2],
  brown: [0.52, 0.33, 0.18],
} as const satisfies Record<string, Rgb>

export type ColourName = keyof typeof colours

export const white: Rgb = [1, 1, 1]
export const black: Rgb = [0, 0, 0]

/** Darker: `k` of it is left. */
export const shade = ([r, g, b]: Rgb, k: number): Rgb => [r * k, g * k, b * k]

/** Lighter: `k` of the way to white. */
export const tint = ([r, g, b]: Rgb, k: number): Rgb => [r + (1 - r) * k, g + (1 - g) * k, b + (1 - b) * k]
