// `npm run scale`: prints throughput at 1, 2, 4, 8 and 16 simulated GPU hosts, what a job costs Redis, what 50 idle hosts cost a bot, and how
// long picking takes; fails where a figure does not hold that deploy/ states.

import { measurePicking, measureScale } from './scale.ts'

const picking = measurePicking(100_000, 50)
const report = await measureScale({
  hosts: [1, 2, 4, 8, 16],
  jobsPerHost: 5,
  steps: 20,
  stepMs: 250,
  idleHosts: 50,
  idleSeconds: 30,
  say: (sentence) => console.log(sentence),
})
console.log(JSON.stringify({ ...report, picking: { waiting: 100_000, hosts: 50, ...picking } }, undefined, 2))
const alone = report.throughput[0]!.share
const linear = report.throughput.every(({ share }) => share > 0.95 * alone)
process.exitCode = linear && report.idle.shareOfACore < 0.01 && picking.p99CpuMs <= 5 ? 0 : 1
