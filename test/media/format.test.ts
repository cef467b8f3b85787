// The suite of all formats, on each of them.

import { testFormat } from '../suites/format.ts'

const rates = [1, 3, 7.5, 8, 10, 12, 15, 24, 25, 30, 40, 45, 50]

testFormat('webp', { decibels: 43, delayStepMs: 1, loops: true, rates })
testFormat('gif', { decibels: 39.5, delayStepMs: 10, loops: true, rates })
// Each is a run of ffmpeg.
testFormat('mp4', { decibels: 43, evenSides: true, loops: false, rates: [1, 7.5, 12, 24, 50] })
