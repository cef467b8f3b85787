// MP4 boxes: a 32-bit length that counts itself, four letters, the content. ISO/IEC 14496-12.

import { damaged } from '../settings.ts'

export interface Box {
  readonly name: string
  /** Byte offset of the content in the file. */
  readonly at: number
  readonly data: Buffer
}

export function box(name: string, ...content: Uint8Array[]): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + content.reduce((sum, part) => sum + part.length, 0))
  head.write(name, 4, 'latin1')
  return Buffer.concat([head, ...content])
}

/** The boxes side by side in `parent`, from `skip` bytes on. @throws UserError `animation-damaged` where one leaves it */
export function* boxes(parent: Pick<Box, 'at' | 'data'>, skip = 0): Generator<Box> {
  const { data } = parent
  let i = skip
  while (i < data.length) {
    const at = parent.at + i
    if (i + 8 > data.length) throw damaged('MP4', at, 'a box is cut off')
    let length = data.readUInt32BE(i)
    let head = 8
    if (length === 0) length = data.length - i
    if (length === 1 && i + 16 <= data.length) {
      length = Number(data.readBigUInt64BE(i + 8))
      head = 16
    }
    if (length < head || length > data.length - i)
      throw damaged('MP4', at, `a box claims ${length} bytes where ${data.length - i} are left`)
    yield { name: data.toString('latin1', i + 4, i + 8), at: at + head, data: data.subarray(i + head, i + length) }
    i += length
  }
}

/** The box at `path` below `parent`, the first of each name: `find(file, 'moov', 'udta')`. */
export function find(parent: Pick<Box, 'at' | 'data'>, ...path: string[]): Box | undefined {
  const [name, ...rest] = path
  for (const child of boxes(parent)) {
    if (child.name === name) return rest.length === 0 ? child : find(child, ...rest)
  }
  return undefined
}
