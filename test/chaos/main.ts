// `npm run chaos -- --minutes 10 --requests 2000 --seed 7`: prints what became of everything, and fails where anything was lost or doubled.

import { parseArgs } from 'node:util'
import { runChaos } from './chaos.ts'

const { values } = parseArgs({ options: { minutes: { type: 'string' }, requests: { type: 'string' }, seed: { type: 'string' } } })
const minutes = Number(values.minutes ?? 10)
const requests = Number(values.requests ?? 2000)
const seed = Number(values.seed ?? Date.now() % 100_000)

const report = await runChaos({ minutes, requests, seed, say: (sentence) => console.log(sentence) })
console.log(JSON.stringify({ seed, ...report }, undefined, 2))
const { lost, postedTwice, withoutVisibleEnd, mostExtraRuns } = report
process.exitCode = lost + postedTwice + withoutVisibleEnd === 0 && mostExtraRuns <= 1 ? 0 : 1
