// Values of flags, parsed. @throws InvalidArgumentError, which Commander tells with the flag's name

import { parse, resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'
import type { LoraFile } from '../../jobs/request.ts'

/** For an option that may be given again. */
export const collected =
  <T>(read: (text: string) => T) =>
  (text: string, before: readonly T[]): T[] => [...before, read(text)]

/** `file.safetensors:0.8`; a colon that no number follows belongs to the name. The file is still as it was typed. */
export function loraOf(text: string): LoraFile {
  const match = /^(.+):([+-]?(?:\d+(?:\.\d*)?|\.\d+))$/.exec(text)
  return { file: match?.[1] ?? text, strength: Number(match?.[2] ?? 1) }
}

export function embeddingOf(text: string): { file: string; word: string } {
  const at = text.lastIndexOf(':')
  if (at > 1 && !/[\\/]/.test(text.slice(at))) return { file: resolve(text.slice(0, at)), word: text.slice(at + 1) }
  return { file: resolve(text), word: parse(text).name }
}

/** `0:first.png`; −1 is the last frame. */
export function controlImageOf(text: string): { frame: number; file: string } {
  const match = /^(-?\d{1,4}):(.+)$/.exec(text)
  if (!match) throw new InvalidArgumentError('It is a frame and a picture for it, such as 0:first.png.')
  return { frame: Number(match[1]), file: resolve(match[2]!) }
}

export function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a whole number.')
  return Number(text)
}

export function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It is a number.')
  return value
}

export function seedOf(text: string): string {
  if (!/^\d{1,20}$/.test(text) || BigInt(text) >= 1n << 64n) throw new InvalidArgumentError('It is a whole number from 0 to 2^64 − 1.')
  return String(BigInt(text))
}

export function size(text: string): readonly [width: number, height: number] {
  const match = /^(\d{1,5})\s*[x×*]\s*(\d{1,5})$/i.exec(text.trim())
  if (!match) throw new InvalidArgumentError('A size is width x height, such as 512x384.')
  return [Number(match[1]), Number(match[2])]
}
