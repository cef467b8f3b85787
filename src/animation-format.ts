// The animation formats: what kinds of file a loop is encoded as.

export const formats = ['webp', 'gif', 'mp4'] as const

export type Format = (typeof formats)[number]

export const mediaTypes: Readonly<Record<Format, string>> = { webp: 'image/webp', gif: 'image/gif', mp4: 'video/mp4' }
