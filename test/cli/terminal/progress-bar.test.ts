// The time left beside a progress bar.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { timeLeft } from '../../../src/cli/terminal/progress-bar.ts'

it('carries what rounding fills up: a minute has sixty seconds, an hour sixty minutes', () => {
  const said = [0, 9.2, 59.4, 59.6, 60, 899.7, 3599.5, 3600, 7325].map(timeLeft)
  assert.deepEqual(said, ['0 s', '10 s', '1 min 0 s', '1 min 0 s', '1 min 0 s', '15 min 0 s', '1 h 0 min', '1 h 0 min', '2 h 2 min'])
})
