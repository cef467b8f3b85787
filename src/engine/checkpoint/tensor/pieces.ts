// The bytes of a tensor in pieces: what is looked through once takes no more memory than one of them, however large a file says that it is.

import { closeSync, openSync, readSync } from 'node:fs'
import { byteLengthOf, type Tensor } from './tensor.ts'

const pieceBytes = 1 << 20

/** Of whole elements, and of the same sizes wherever the bytes lie. A piece is overwritten by the next. */
export function* piecesOf(tensor: Tensor): Generator<Uint8Array> {
  if (tensor.at instanceof Uint8Array) {
    for (let done = 0; done < tensor.at.length; done += pieceBytes) yield tensor.at.subarray(done, done + pieceBytes)
    return
  }
  const total = byteLengthOf(tensor)
  const buffer = new Uint8Array(Math.min(total, pieceBytes))
  const fd = openSync(tensor.at.file, 'r')
  try {
    for (let done = 0; done < total; ) {
      let filled = 0
      const wanted = Math.min(buffer.length, total - done)
      while (filled < wanted) {
        const n = readSync(fd, buffer, filled, wanted - filled, tensor.at.offset + done + filled)
        if (n === 0) throw new Error(`${tensor.at.file} ended inside tensor ${tensor.name}`)
        filled += n
      }
      yield buffer.subarray(0, wanted)
      done += wanted
    }
  } finally {
    closeSync(fd)
  }
}
