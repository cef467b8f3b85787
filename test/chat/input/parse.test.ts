// Parsing: what people type → command, action and options, checked.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { commands } from '../../../commands/index.ts'
import { commandText } from '../../../src/chat/contract/command-text.ts'
import { optionValues } from '../../../src/chat/input/option-values.ts'
import { parse } from '../../../src/chat/input/parse.ts'
import { UserError } from '../../../src/errors.ts'
import { omitUndefined } from '../../../src/omit-undefined.ts'

function spoken(text: string) {
  const { command, action, inputs } = parse(text, commands)
  return { command: command.name, action, inputs }
}

function refusal(text: string): UserError {
  try {
    const { command, action, inputs } = parse(text, commands)
    optionValues(command.actions[action]!.options, inputs)
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  assert.fail(`'${text}' was not refused`)
}

describe('typed text', () => {
  it('gives words without a name to the prompt, wherever they stand', () => {
    assert.deepEqual(spoken('/animate a cat style:anime on a wall --seed 7').inputs, {
      prompt: 'a cat on a wall',
      style: 'anime',
      seed: '7',
    })
  })

  it('keeps "quoted words" together', () => {
    assert.deepEqual(spoken('/animate a cat negative:"blurry, grey dogs" "style:none is not a style"').inputs, {
      prompt: 'a cat style:none is not a style',
      negative: 'blurry, grey dogs',
    })
  })

  it('lets a named prompt go on until the next name, and other texts after it too', () => {
    assert.deepEqual(spoken('/animate prompt:a blue boat rocking on the sea style:anime').inputs, {
      prompt: 'a blue boat rocking on the sea',
      style: 'anime',
    })
    assert.deepEqual(spoken('/animate prompt:a cat negative:blurry, grey seed:7').inputs, {
      prompt: 'a cat',
      negative: 'blurry, grey',
      seed: '7',
    })
  })

  it('leaves a colon alone where the command has no such option', () => {
    assert.equal(
      spoken('/animate a clock at 5:30, film:35mm, https://example.org').inputs['prompt'],
      'a clock at 5:30, film:35mm, https://example.org',
    )
  })

  it('reads what phones make of quotes, dashes and colons', () => {
    assert.deepEqual(spoken('/animate a cat negative:“blurry dogs” —seed 7').inputs, {
      prompt: 'a cat',
      negative: 'blurry dogs',
      seed: '7',
    })
    assert.deepEqual(spoken('/animate 一只猫 style：anime').inputs, { prompt: '一只猫', style: 'anime' })
  })

  it('takes a quote that is never closed for a character', () => {
    assert.equal(spoken('/animate a 5" disc').inputs['prompt'], 'a 5" disc')
    assert.equal(spoken('/animate "a cat').inputs['prompt'], '"a cat')
  })

  it('takes a flag by its name alone, or with yes or no', () => {
    assert.deepEqual(spoken('/animate a cat --private').inputs, { prompt: 'a cat', private: true })
    assert.deepEqual(spoken('/animate --private no a cat').inputs, { prompt: 'a cat', private: 'no' })
    assert.deepEqual(spoken('/animate a cat private:yes').inputs, { prompt: 'a cat', private: 'yes' })
  })

  it('finds the action of a command that has several, the first where none is named', () => {
    assert.deepEqual(spoken('/settings block words:gore, blood outcome:strip'), {
      command: 'settings',
      action: 'block',
      inputs: { words: 'gore, blood', outcome: 'strip' },
    })
    assert.equal(spoken('settings').action, 'show')
  })

  it('works without the slash, as buttons say it', () => {
    assert.deepEqual(spoken('again job:k3j9x vary:yes'), { command: 'again', action: '', inputs: { job: 'k3j9x', vary: 'yes' } })
  })

  it('names the command or the option that was probably meant', () => {
    assert.equal(refusal('/animte a cat').message, "There is no command 'animte'. Did you mean /animate?")
    assert.equal(refusal('/animate a cat styl:anime').message, "/animate has no option 'styl'. Did you mean style?")
    assert.equal(refusal('/animate a cat --sede 7').data['meant'], 'seed')
    assert.equal(refusal('/animate a cat --wobble 7').code, 'unknown-option')
  })

  it('refuses what is said twice, or has no value', () => {
    assert.equal(refusal('/animate a cat seed:7 seed:8').code, 'option-twice')
    assert.equal(refusal('/animate a cat --seed').code, 'option-without-value')
    assert.equal(refusal('/queue right now').code, 'too-much-text')
  })
})

describe('values', () => {
  it('have the kind that was declared', () => {
    const { command, inputs } = parse('/animate a cat frames:8 guidance:4.5 seed:18446744073709551615 aspect:WIDE private:yes', commands)
    const values = optionValues(command.actions['']!.options, inputs)
    const given = { prompt: 'a cat', frames: 8, guidance: 4.5, seed: '18446744073709551615', aspect: 'wide', private: true }
    assert.deepEqual(omitUndefined(values), given)
    // A command reads an option that was left out as undefined.
    assert.deepEqual(Object.keys(values).sort(), Object.keys(command.actions['']!.options).sort())
  })

  it('out of range are refused with the range, and never bent', () => {
    assert.equal(refusal('/animate a cat frames:129').message, 'frames goes from 1 to 128, and is 129.')
    assert.equal(refusal('/animate a cat frames:2.5').message, 'frames is a whole number from 1 to 128, not 2.5.')
    assert.equal(refusal('/animate a cat frames:many').message, "frames is a number from 1 to 128, not 'many'.")
    assert.equal(refusal('/animate a cat seed:18446744073709551616').code, 'not-a-seed')
    assert.equal(refusal('/animate a cat aspect:round').message, "aspect is one of square, wide, tall; not 'round'.")
    assert.equal(refusal('/animate a cat private:perhaps').code, 'not-yes-or-no')
    assert.equal(refusal('/animate').code, 'missing-option')
    assert.equal(refusal(`/animate ${'a'.repeat(1001)}`).message, 'prompt may have 1000 characters, and has 1001.')
  })
})

describe('any text at all', () => {
  const pieces = fc.oneof(
    fc.constantFrom(
      '/animate',
      'animate',
      '/settings',
      'block',
      '/history',
      '/help',
      '/privacy',
      'delete',
      '--seed',
      '--private',
      '—seed',
      '“',
      '"',
      '\\',
      ':',
      '--',
      '：',
    ),
    fc.constantFrom(
      'prompt:',
      'style:',
      'style:"',
      'frames:',
      'seed:7',
      'seed:-1',
      'frames:1e9',
      'size:64x64',
      'private:yes',
      'constructor:1',
      '__proto__:x',
      '--constructor',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
  )

  /** Most texts that begin with no command are refused for that alone: half of them begin with one. */
  const beginnings = fc.constantFrom('', '', '', '/animate a cat', '/animate', '/history', '/privacy delete', '/help', 'styles')

  it('becomes values or one clear sentence: 10,000 of them', () => {
    let values = 0
    let refused = 0
    fc.assert(
      fc.property(beginnings, fc.array(pieces, { maxLength: 12 }), fc.constantFrom(' ', '', '\n', '\u3000'), (beginning, parts, space) => {
        try {
          const { command, action, inputs } = parse(`${beginning} ${parts.join(space)}`, commands)
          const { options } = command.actions[action]!
          const checked = optionValues(options, inputs)
          assert.deepEqual(Object.keys(checked), Object.keys(options))
          values++
        } catch (error) {
          assert.ok(error instanceof UserError, String(error))
          assert.match(error.message, /^[^\p{Cc}]{10,}[.?]$/u)
          refused++
        }
      }),
      { numRuns: 10_000, seed: 4 },
    )
    assert.ok(values > 500 && refused > 500, `${values} values, ${refused} refused`)
  })

  it('typed by a button is read back as it was written', () => {
    const word = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
      .filter((text) => /[\p{L}\p{N}]/u.test(text) && !/[\p{Cc}\s]/u.test(text))
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (prompt, seed) => {
        const { command, inputs } = parse(commandText('animate', { prompt: prompt.join(' '), seed: String(seed), private: true }), commands)
        const checked = optionValues(command.actions['']!.options, inputs) as Record<string, unknown>
        assert.deepEqual(
          { prompt: checked['prompt'], seed: checked['seed'], private: checked['private'] },
          { prompt: prompt.join(' '), seed: String(seed), private: true },
        )
      }),
      { numRuns: 1000, seed: 4 },
    )
  })
})
