// `npm run chaos -- --minutes 10 --requests 2000 --seed 7`: prints what became of everything, and fails where anything was lost or doubled.
// With --real: the real bot and real renderers of the model that ships, which want fewer requests.

import { parseArgs } from 'node:util'
import { runChaos } from './chaos.ts'
import { runRealChaos } from './real-chaos.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({ options: { minutes: text, requests: text, seed: text, real: { type: 'boolean' } } })
const minutes = Number(values.minutes ?? 10)
const requests = Number(values.requests ?? minutes * (values.real ? 10 : 200))
const seed = Number(values.seed ?? Date.now() % 100_000)

const options = { minutes, requests, seed, say: (sentence: string) => console.log(sentence) }
const report = await (values.real ? runRealChaos(options) : runChaos(options))
console.log(JSON.stringify({ seed, ...report }, undefined, 2))
const { lost, postedTwice, withoutVisibleEnd, mostExtraRuns } = report
process.exitCode = lost + postedTwice + withoutVisibleEnd === 0 && mostExtraRuns <= 1 ? 0 : 1
