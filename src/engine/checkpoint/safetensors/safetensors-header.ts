// A strict parser for the JSON header of a safetensors file. JSON.parse would hide duplicate keys, take 1.0 for 1
// and build whatever a hostile header nests; this reader knows the three levels a header has and keeps nothing else.
// Grammar and refusals: huggingface/safetensors, safetensors/src/tensor.rs.

import { UserError } from '../../errors.ts'
import { quoteUntrusted } from '../quote-untrusted.ts'

/** One tensor as declared: nothing about it is checked yet but its form. Offsets count from the end of the header. */
export interface DeclaredTensor {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, DeclaredTensor>
  readonly metadata: ReadonlyMap<string, string>
}

const maxSkippedDepth = 64

/**
 * One pass over `text`, linear in its length.
 * @param path for the sentence
 * @throws UserError `safetensors-header-invalid`, `safetensors-too-many-tensors`, `safetensors-rank-too-high`
 */
export function readSafetensorsHeader(text: string, path: string, maxTensors: number, maxRank: number): SafetensorsHeader {
  let at = 0
  const tensors = new Map<string, DeclaredTensor>()
  const metadata = new Map<string, string>()
  let metadataSeen = false

  object((name) => {
    if (name === '__metadata__') {
      if (metadataSeen) throw invalid('__metadata__ twice')
      metadataSeen = true
      if (word('null')) return
      object((key) => {
        if (metadata.has(key)) throw invalid(`the key ${quoteUntrusted(key)} twice in __metadata__`)
        if (peek() !== '"') throw invalid(`a value that is not a string for ${quoteUntrusted(key)} in __metadata__`)
        metadata.set(key, string())
      })
      return
    }
    if (tensors.has(name)) throw invalid(`the tensor ${quoteUntrusted(name)} twice`)
    if (tensors.size === maxTensors)
      throw new UserError('safetensors-too-many-tensors', `${path} holds more than ${maxTensors} tensors.`, { path, maxTensors })
    tensors.set(name, declaredTensor(name))
  })
  space()
  if (at < text.length) throw invalid('something after its closing brace')
  return { tensors, metadata }

  function declaredTensor(name: string): DeclaredTensor {
    let dtype: string | undefined
    let shape: number[] | undefined
    let offsets: number[] | undefined
    if (peek() !== '{') throw invalid(`no object for tensor ${quoteUntrusted(name)}`)
    object((field) => {
      const again = () => invalid(`${field} twice for tensor ${quoteUntrusted(name)}`)
      if (field === 'dtype') {
        if (dtype !== undefined) throw again()
        dtype = string()
      } else if (field === 'shape') {
        if (shape !== undefined) throw again()
        shape = wholeNumbers(maxRank)
      } else if (field === 'data_offsets') {
        if (offsets !== undefined) throw again()
        offsets = wholeNumbers(2)
      } else skip(0)
    })
    const [begin, end] = offsets ?? []
    if (dtype === undefined) throw invalid(`no dtype for tensor ${quoteUntrusted(name)}`)
    if (shape === undefined) throw invalid(`no shape for tensor ${quoteUntrusted(name)}`)
    if (begin === undefined || end === undefined) throw invalid(`no pair of data_offsets for tensor ${quoteUntrusted(name)}`)
    return { dtype, shape, begin, end }
  }

  function object(member: (key: string) => void): void {
    expect('{')
    if (peek() === '}') {
      at++
      return
    }
    do {
      const key = string()
      expect(':')
      member(key)
    } while (another('}'))
  }

  function wholeNumbers(maxCount: number): number[] {
    const numbers: number[] = []
    expect('[')
    if (peek() === ']') {
      at++
      return numbers
    }
    do {
      if (numbers.length === maxCount)
        throw new UserError(
          'safetensors-rank-too-high',
          `The header of ${path} has more than ${maxCount} numbers in the list at character ${at}.`,
          {
            path,
            maxCount,
          },
        )
      numbers.push(wholeNumber())
    } while (another(']'))
    return numbers
  }

  function wholeNumber(): number {
    space()
    const start = at
    while (isDigit(text.charCodeAt(at))) at++
    const digits = text.slice(start, at)
    const next = text[at]
    if (digits === '' || next === '.' || next === 'e' || next === 'E') throw invalid('something else than a whole number from 0')
    if (digits.length > 1 && digits[0] === '0') throw invalid('a number with a leading zero')
    const value = Number(digits)
    if (!Number.isSafeInteger(value)) throw invalid(`the number ${digits.slice(0, 40)}, beyond 2^53,`)
    return value
  }

  function string(): string {
    expect('"')
    const start = at - 1
    let escaped = false
    for (let c = text.charCodeAt(at); c !== 0x22; c = text.charCodeAt(at)) {
      if (!(c >= 0x20)) throw invalid(at >= text.length ? 'a string without an end' : 'a control character in a string')
      if (c === 0x5c) {
        escaped = true
        at++
      }
      at++
    }
    at++
    if (!escaped) return text.slice(start + 1, at - 1)
    const value = unescaped(text.slice(start, at))
    if (value === undefined) throw invalid('a string with a wrong escape')
    return value
  }

  /** A field the format does not name: the reference reader ignores it, whatever it holds. */
  function skip(depth: number): void {
    if (depth > maxSkippedDepth) throw invalid(`more than ${maxSkippedDepth} levels`)
    const c = peek()
    if (c === '{') object(() => skip(depth + 1))
    else if (c === '"') string()
    else if (c === '[') {
      at++
      if (peek() === ']') at++
      else {
        do skip(depth + 1)
        while (another(']'))
      }
    } else if (!word('null') && !word('true') && !word('false')) {
      const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
      number.lastIndex = at
      if (!number.test(text)) throw invalid('no value')
      at = number.lastIndex
    }
  }

  function another(close: string): boolean {
    const c = peek()
    if (c !== ',' && c !== close) throw invalid(`no comma or ${close}`)
    at++
    return c === ','
  }

  function word(expected: string): boolean {
    space()
    if (!text.startsWith(expected, at)) return false
    at += expected.length
    return true
  }

  function expect(c: string): void {
    if (peek() !== c) throw invalid(`no ${c}`)
    at++
  }

  function peek(): string | undefined {
    space()
    return text[at]
  }

  function space(): void {
    for (let c = text.charCodeAt(at); c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09; c = text.charCodeAt(at)) at++
  }

  function invalid(what: string): UserError {
    return new UserError('safetensors-header-invalid', `The header of ${path} has ${what} at character ${at}.`, { path, at })
  }
}

const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39

function unescaped(literal: string): string | undefined {
  try {
    const value: unknown = JSON.parse(literal)
    return typeof value === 'string' && value.isWellFormed() ? value : undefined
  } catch {
    return undefined
  }
}
