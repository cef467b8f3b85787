// A folder of its own for one test, gone afterwards.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'

/** For a whole file: call it at the top, not within a test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
