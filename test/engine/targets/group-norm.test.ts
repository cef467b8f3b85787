import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare } from '../../../src/engine/arrays/comparison.ts'
import { instanceGroupNorm, meanGroupNorm } from '../../../src/engine/targets/group-norm.ts'
import { compute, someNumbers } from '../cpu-session.ts'

const [N, C, h, w, groups, epsilon] = [6, 8, 5, 3, 4, 1e-5]
const x = someNumbers(N * C * h * w, 1).map((value, i) => value * (1 + (i % 7)) + 2)
const [gamma, beta] = [someNumbers(C, 2), someNumbers(C, 3)]

/** (x − mean) / √(var + ε) · γ + β over each group of channels of `frames` images together, in float64. */
function reference(frames: number): Float32Array {
  const y = new Float32Array(x.length)
  const S = h * w
  const each = C / groups
  for (let b = 0; b < N / frames; b++) {
    for (let group = 0; group < groups; group++) {
      const places: number[] = []
      for (let n = b * frames; n < (b + 1) * frames; n++) {
        for (let i = 0; i < each * S; i++) places.push((n * C + group * each) * S + i)
      }
      const mean = places.reduce((sum, at) => sum + x[at]!, 0) / places.length
      const variance = places.reduce((sum, at) => sum + (x[at]! - mean) ** 2, 0) / places.length
      for (const at of places) {
        const c = Math.floor(at / S) % C
        y[at] = ((x[at]! - mean) / Math.sqrt(variance + epsilon)) * gamma[c]! + beta[c]!
      }
    }
  }
  return y
}

const normed = (form: typeof meanGroupNorm, frames: number) =>
  compute(
    (graph) => {
      const perChannel = (name: string) => graph.input(name, 'float32', [C])
      return form(graph.input('x', 'float32', [N, C, h, w]), perChannel('gamma'), perChannel('beta'), { groups, epsilon, frames })
    },
    { x, gamma, beta },
  )

for (const [name, form, frames] of [
  ['instance norm', instanceGroupNorm, 1],
  ['plain means', meanGroupNorm, 1],
  ['plain means over three frames together', meanGroupNorm, 3],
  ['plain means over all frames together', meanGroupNorm, 6],
] as const) {
  test(`group norm through ${name} is what the formula says`, async () => {
    const { error } = compare('y', 'relative', await normed(form, frames), reference(frames), 0)
    assert.ok(error < 1e-6, `relative error ${error}`)
  })
}

test('statistics of frames together are not those of each frame', () => {
  assert.ok(compare('y', 'relative', reference(3), reference(1), 0).error > 0.01)
})
