// The animation formats: what kinds of file a loop is encoded as, the one that is taken where nobody chose first.

export const formats = ['webp', 'gif', 'mp4'] as const

export type Format = (typeof formats)[number]
