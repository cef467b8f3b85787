// The project's own copy of the reports about files and prompts.

import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fixtures } from '../engine/cpu-session.ts'
import { countingEngine } from '../engine/pipeline/counting-engine.ts'
import { playCase, reportCases } from './engine-cases.ts'

const dir = join(fixtures, 'reports/engine')
const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-reports-'))
const engine = countingEngine(scratch)
after(async () => {
  await engine.close()
  rmSync(scratch, { recursive: true })
})

for (const it of reportCases(dir)) test(`${it.file} becomes what it must (${it.kind})`, () => playCase(dir, it, engine))
