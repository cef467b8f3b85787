import assert from 'node:assert/strict'
import { test } from 'node:test'
import { promptAt } from '../../../src/engine/text/prompt-schedule.ts'

/** The prompts of a run, each with the number of steps it lasts. */
function run(prompt: string, steps = 10): string {
  const runs: [string, number][] = []
  for (let step = 0; step < steps; step++) {
    const now = promptAt(prompt, step, steps)
    const last = runs.at(-1)
    if (last?.[0] === now) last[1]++
    else runs.push([now, 1])
  }
  return runs.map(([now, count]) => `${now}×${count}`).join(' ')
}

// Held against the web UI's own grammar (modules/prompt_parser.py, 1.6 and later), which these and 1,500 generated prompts agree with.
for (const [prompt, expected] of [
  ['a cat', 'a cat×10'],
  ['a [cat:dog:0.4]', 'a cat×4 a dog×6'],
  ['a [cat:dog:3]', 'a cat×3 a dog×7'],
  ['a [cat:dog: .25 ]', 'a cat×2 a dog×8'],
  ['a[ cat::4]', 'a cat×4 a×6'],
  ['a[ cat:4]', 'a×4 a cat×6'],
  ['[a:b:0]', 'b×10'],
  ['[a:b:99]', 'a×10'],
  ['[a:b:1.0]', 'a×10'],
  ['[a:b:2.0]', 'a×10'],
  ['[a:b:9.5]', 'a×10'],
  ['[a:b:-1]', 'b×10'],
  ['[a:b:-0.5]', 'b×10'],
  ['[a:b:+2]', 'a×2 b×8'],
  ['[a:b:3e0]', 'a×3 b×7'],
  ['[a:b:5e-1]', 'b×10'],
  ['[a:b:.4E0]', 'a×4 b×6'],
  ['[a:[b:c:0.8]:0.4]', 'a×4 b×4 c×2'],
  ['[(a:1.3):(b:0.8):0.5]', '(a:1.3)×5 (b:0.8)×5'],
  ['([a:b:0.5]:1.2)', '(a:1.2)×5 (b:1.2)×5'],
  ['[a [b]:c:0.5]', 'a [b]×5 c×5'],
] as const) {
  test(`${prompt} changes as written`, () => assert.equal(run(prompt), expected))
}

test('alternatives take turns, step by step', () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((step) => promptAt('a [cat|dog|] here', step, 4)),
    ['a cat here', 'a dog here', 'a  here', 'a cat here'],
  )
  assert.deepEqual(
    [0, 1, 2].map((step) => promptAt('[a|[b:c:2]]', step, 4)),
    ['a', 'b', 'a'],
  )
})

for (const prompt of [
  '[a]',
  '[a:b]',
  '[a:b:c:0.4]',
  '[a',
  'a]',
  '\\[a:b:0.4\\]',
  '[:',
  '[(a|b)]',
  '[a (b:c:0.5]',
  '[a|b:c:2]',
  '[a)b:c:2]',
  '][',
] as const) {
  test(`${prompt} is no schedule and stays`, () => assert.equal(run(prompt), `${prompt}×10`))
}
