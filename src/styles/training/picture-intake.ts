// Intake of pictures and clips that a style is learned from. Names and sizes are checked before anything is fetched, what has arrived is looked
// at before it is kept; a file of words beside a picture of the same name is its caption.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import type { Attachment } from '../../chat/contract/attachment.ts'
import { UserError } from '../../errors.ts'
import type { Download } from '../download/download.ts'
import { saveStream } from '../download/save-stream.ts'
import { sanitizeText } from '../intake/sanitize.ts'

export interface PictureIntakeParts {
  readonly download: Download
  /** Of the attachments' platform, where it has such a thing. */
  readonly fetchFile?: ((attachment: Attachment, signal: AbortSignal) => AsyncIterable<Uint8Array>) | undefined
  /** Throws where it is no picture and no clip. */
  readonly look: (path: string) => Promise<unknown>
  readonly signal: AbortSignal
}

export const pictureLimits = {
  pictures: { min: 5, max: 20 },
  pictureBytes: 25_000_000,
  clipBytes: 100_000_000,
  captionBytes: 4_000,
  allBytes: 250_000_000,
} as const

const pictureEndings = ['.png', '.jpg', '.jpeg', '.webp', '.gif']
const clipEndings = ['.mp4', '.mov', '.webm', '.mkv', '.m4v', '.avi']
const captionEnding = '.txt'

interface Checked {
  readonly pictures: readonly Attachment[]
  readonly captionFiles: ReadonlyMap<string, Attachment>
}

/** By what is said of them. @throws UserError `training-pictures`, `training-kind`, `training-file-bytes`, `training-bytes` */
export function checkPictures(files: readonly Attachment[]): Checked {
  const { pictures: count, pictureBytes, clipBytes, captionBytes, allBytes } = pictureLimits
  for (const { name, bytes } of files) {
    const ending = endingOf(name)
    const max = pictureEndings.includes(ending) ? pictureBytes : clipEndings.includes(ending) ? clipBytes : captionBytes
    const shown = sanitizeText(name, 80)
    if (max === captionBytes && ending !== captionEnding) {
      const kinds = [...pictureEndings, ...clipEndings].map((one) => one.slice(1)).join(', ')
      throw new UserError('training-kind', `${shown} is no picture and no clip: a style is learned from ${kinds}.`, { name: shown, kinds })
    }
    if (bytes > max) throw fileTooLarge(shown, max)
  }
  const captionFiles = files.filter(({ name }) => endingOf(name) === captionEnding)
  const pictures = files.filter((file) => !captionFiles.includes(file))
  if (pictures.length < count.min || pictures.length > count.max) {
    throw new UserError(
      'training-pictures',
      `A style is learned from ${count.min} to ${count.max} pictures or clips, and ${pictures.length} came with this.`,
      { ...count, count: pictures.length },
    )
  }
  const all = files.reduce((sum, { bytes }) => sum + bytes, 0)
  if (all > allBytes) throw tooLargeTogether(all)
  return { pictures, captionFiles: new Map(captionFiles.map((file) => [stemOf(file.name), file])) }
}

/**
 * Puts them into a folder as `zoetrope train` reads one, each with the style's word before its own caption.
 * @throws UserError `training-file-bytes`, `training-unreadable`, those of downloads
 */
export async function takePictures(
  { pictures, captionFiles }: Checked,
  to: string,
  word: string,
  { download, fetchFile, look, signal }: PictureIntakeParts,
): Promise<void> {
  const fetch = async (file: Attachment, path: string, maxBytes: number): Promise<number> => {
    const tooLarge = (): UserError => fileTooLarge(sanitizeText(file.name, 80), maxBytes)
    const limits = { maxBytes, signal, tooLarge }
    return (await (fetchFile ? saveStream(fetchFile(file, signal), path, limits) : download(file.url, path, { maxBytes, signal }))).bytes
  }
  const wordsIn = async (file: Attachment): Promise<string> => {
    const path = join(to, 'caption.part')
    try {
      await fetch(file, path, pictureLimits.captionBytes)
      return readFileSync(path, 'utf8')
    } finally {
      rmSync(path, { force: true })
    }
  }
  let all = 0
  for (const [n, file] of pictures.entries()) {
    const ending = endingOf(file.name)
    const stem = join(to, String(n + 1).padStart(2, '0'))
    const isClip = clipEndings.includes(ending)
    all += await fetch(file, `${stem}${ending}`, isClip ? pictureLimits.clipBytes : pictureLimits.pictureBytes)
    if (all > pictureLimits.allBytes) throw tooLargeTogether(all)
    await look(`${stem}${ending}`).catch((cause: unknown) => {
      const name = sanitizeText(file.name, 80)
      throw new UserError('training-unreadable', `${name} cannot be read as a picture or a clip.`, { name }, { cause })
    })
    const written = captionFiles.get(stemOf(file.name))
    const caption = sanitizeText((written ? await wordsIn(written) : file.caption) ?? '', maxCaptionChars)
    writeFileSync(`${stem}${captionEnding}`, caption === '' ? word : `${word}, ${caption}`)
  }
}

const maxCaptionChars = 500

function fileTooLarge(name: string, max: number): UserError {
  const mb = max < 1e6 ? String(max / 1e6) : (max / 1e6).toFixed(0)
  return new UserError('training-file-bytes', `${name} is larger than the ${mb} MB that it may have here.`, { name, mb })
}

function tooLargeTogether(bytes: number): UserError {
  const mb = (pictureLimits.allBytes / 1e6).toFixed(0)
  const has = Math.ceil(bytes / 1e6)
  return new UserError('training-bytes', `Together they may have ${mb} MB, and have ${has}.`, { mb, has })
}

const endingOf = (name: string): string => extname(name).toLowerCase()
const stemOf = (name: string): string => basename(name, extname(name)).toLowerCase()
