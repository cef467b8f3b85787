// Compiles the package that `npm pack` makes: JavaScript beside every source, because Node strips no types of files under node_modules.
// `node deploy/package/compile.ts` before packing, `node deploy/package/compile.ts --clean` after it.

import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** Where the JavaScript of each source goes. */
const sources = globSync(['src/**/*.ts', 'commands/**/*.ts'], { cwd: root }).map((path) => join(root, path))
const compiledPath = (source: string): string => source.replace(/\.ts$/, '.js')

if (process.argv.includes('--clean')) for (const source of sources) rmSync(compiledPath(source), { force: true })
else for (const source of sources) writeFileSync(compiledPath(source), compile(source))

function compile(source: string): string {
  return withCompiledPaths(stripTypeScriptTypes(readFileSync(source, 'utf8'), { mode: 'strip' }), dirname(source))
}

/** Every string that is the path of a source, in imports and where a thread or a process is started from a file. */
function withCompiledPaths(text: string, folder: string): string {
  return text.replaceAll(/'([^'\n]+)\.ts'/g, (literal, path: string) => {
    const named = join(folder, `${path}.ts`)
    return existsSync(named) && !relative(root, named).startsWith('..') ? `'${path}.js'` : literal
  })
}
