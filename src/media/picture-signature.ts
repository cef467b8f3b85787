// The signature of a picture: its first bytes. libvips takes whatever it knows by its content, drawings by program (SVG) too, whatever a
// file is called.

import { closeSync, openSync, readSync } from 'node:fs'
import { extname } from 'node:path'

const usual: readonly RegExp[] = [/^\x89PNG\r\n/, /^\xff\xd8\xff/, /^GIF8[79]a/, /^RIFF.{4}WEBP/s]

/** Of kinds that few hand over: under their own endings alone. */
const rarer: Readonly<Record<string, RegExp>> = { '.avif': /^.{4}ftyp/s, '.tif': /^(II|MM)/, '.tiff': /^(II|MM)/ }

/** @throws Error where the file begins as no picture does that is taken */
export function checkSignature(path: string): void {
  const start = firstBytes(path, 12)
  const own = rarer[extname(path).toLowerCase()]
  if (usual.some((signature) => signature.test(start)) || own?.test(start)) return
  throw new Error('it is no PNG, JPEG, WebP or GIF, whatever it is called')
}

/** A character a byte. */
function firstBytes(path: string, count: number): string {
  const fd = openSync(path, 'r')
  try {
    const start = Buffer.alloc(count)
    return start.toString('latin1', 0, readSync(fd, start))
  } finally {
    closeSync(fd)
  }
}
