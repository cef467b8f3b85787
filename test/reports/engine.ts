// `node test/reports/engine.ts DIR`: plays every case of a folder of reports and says which do not come out as they must.

import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countingEngine } from '../engine/pipeline/counting-engine.ts'
import { playCase, reportCases } from './engine-cases.ts'

const [dir = join(import.meta.dirname, '../fixtures/reports/engine')] = process.argv.slice(2)
const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-reports-'))
const engine = countingEngine(scratch)
let failed = 0
for (const it of reportCases(dir)) {
  const trouble = await playCase(dir, it, engine).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (trouble !== undefined) failed++
  const [why] = trouble instanceof Error ? trouble.message.split('\n') : [trouble]
  console.log(`${trouble === undefined ? 'ok  ' : 'FAIL'}  ${it.file} (${it.kind})${why === undefined ? '' : `: ${why}`}`)
}
await engine.close()
rmSync(scratch, { recursive: true })
process.exitCode = failed === 0 ? 0 : 1
