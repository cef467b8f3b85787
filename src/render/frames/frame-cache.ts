// A frame cache: the frames of recent animations as they were drawn, before an encoder lost some of them. What goes on from one of them, or
// is a variation, then begins with exactly these. Of bounded size: the one used longest ago goes.
// Encrypted with a key that is made of the animation's own file: once that was deleted, on whichever host, nobody can read its frames.

import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { createDiskCache, type Frames, partialFile } from '../../engine/index.ts'
import type { FrameSource } from '../../media/frame-source.ts'

export interface FrameCache {
  /** @param animation the file that was made of them */
  keep(animation: Uint8Array, frames: FrameSource): void
  /** Of exactly this file; null where they are gone, or were never here. */
  find(animation: Uint8Array): Frames | null
}

export interface FrameCacheOptions {
  readonly dir: string
  readonly maxBytes: number
  /** A sentence for the operator: frames could not be written. */
  readonly onTrouble: (sentence: string) => void
}

/** 160 animations of 16 frames of 512×512. */
export const usualFrameCacheBytes = 2e9

const algorithm = 'aes-256-gcm'
const [nonceBytes, tagBytes, headBytes] = [12, 16, 12]

export function createFrameCache({ dir, maxBytes, onTrouble }: FrameCacheOptions): FrameCache {
  const files = createDiskCache({ dir, ending: '.frames', open: (path) => readFileSync(path), protect: 'last found' })

  function write(animation: Uint8Array, { count, width, height, frame }: FrameSource): void {
    const nonce = randomBytes(nonceBytes)
    const cipher = createCipheriv(algorithm, keyOf(animation), nonce)
    const file = partialFile(files.pathOf(nameOf(animation)))
    const descriptor = openSync(file.path, 'wx')
    const append = (bytes: Uint8Array): void => {
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
    }
    try {
      append(nonce)
      append(cipher.update(Buffer.from(Uint32Array.of(count, width, height).buffer)))
      for (let i = 0; i < count; i++) append(cipher.update(frame(i)))
      cipher.final()
      append(cipher.getAuthTag())
    } catch (error) {
      file.abandon()
      throw error
    } finally {
      closeSync(descriptor)
    }
    file.commit()
  }

  return {
    keep(animation, frames) {
      const bytes = frames.count * frames.width * frames.height * 3
      if (bytes > maxBytes) return
      try {
        mkdirSync(dir, { recursive: true })
        files.evict(maxBytes - bytes)
        if (files.freeBytes() > 2 * bytes) write(animation, frames)
      } catch (error) {
        onTrouble(`The frames of an animation could not be kept in ${dir} (${(error as Error).message}).`)
      }
    },

    find(animation) {
      const file = files.find(nameOf(animation))
      if (file === null || file.length < nonceBytes + headBytes + tagBytes) return null
      const decipher = createDecipheriv(algorithm, keyOf(animation), file.subarray(0, nonceBytes))
      decipher.setAuthTag(file.subarray(-tagBytes))
      const opened = decipher.update(file.subarray(nonceBytes, -tagBytes))
      try {
        decipher.final()
      } catch {
        return null
      }
      const [count, width, height] = [0, 4, 8].map((at) => opened.readUInt32LE(at)) as [number, number, number]
      return { count, width, height, data: opened.subarray(headBytes) }
    },
  }
}

const nameOf = (animation: Uint8Array): string => createHash('sha256').update(animation).digest('hex')

const keyOf = (animation: Uint8Array): Uint8Array => createHmac('sha256', 'frames of this animation').update(animation).digest()
