#!/usr/bin/env node
// The executable `zoetrope`. JavaScript, because Node loads its compiler for any TypeScript that it has not compiled before, and the first file of a
// program always counts as such: 0.15 s of every start.

import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'

enableCompileCache()

// Whoever reads what we print may have read enough: `zoetrope inspect … | head`.
process.stdout.on('error', (error) => {
  if (!('code' in error && error.code === 'EPIPE')) throw error
  process.exit()
})

// A checkout has the sources, a package what was compiled from them.
const { runCommandLine } = await import(existsSync(new URL('cli.ts', import.meta.url)) ? './cli.ts' : './cli.js')
process.exitCode = await runCommandLine(process.argv.slice(2))
