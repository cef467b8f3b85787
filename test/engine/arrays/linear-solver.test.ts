import assert from 'node:assert/strict'
import { test } from 'node:test'
import { solveLinear } from '../../../src/engine/arrays/linear-solver.ts'

test('every right-hand side is solved, also where a pivot is zero until rows are swapped', () => {
  // 2y + z = 7, x + y = 3, 3x + z = 6 has the solution (1, 2, 3); the second right-hand sides are those of (0, 1, 0).
  const rows = [
    [0, 2, 1, 7, 2],
    [1, 1, 0, 3, 1],
    [3, 0, 1, 6, 0],
  ].map((row) => Float64Array.from(row))
  solveLinear(rows)
  const expected = [
    [1, 0, 0, 1, 0],
    [0, 1, 0, 2, 1],
    [0, 0, 1, 3, 0],
  ]
  for (const [i, row] of rows.entries()) {
    for (const [j, value] of row.entries()) assert.ok(Math.abs(value - expected[i]![j]!) < 1e-12, `row ${i}: ${row}`)
  }
})
