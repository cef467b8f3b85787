// The suite of all formats, on each of them.

import { testFormat } from '../suites/format.ts'

testFormat('webp', { decibels: 43, delayStepMs: 1 })
testFormat('gif', { decibels: 39.5, delayStepMs: 10 })
testFormat('mp4', { decibels: 43 })
