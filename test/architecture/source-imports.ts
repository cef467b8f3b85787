// What a source file imports: statements, re-exports, types in passing, dynamic imports, resolved packages and JSDoc's `@import`.

import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Import } from './room-table.ts'

export const root = join(import.meta.dirname, '../..')

/** Of the program, relative to the project. */
export const sourceFiles = globSync(['src/**/*.{ts,js}', 'commands/**/*.ts'], { cwd: root }).sort()

export const readSource = (file: string): string => readFileSync(join(root, file), 'utf8')

const patterns: readonly { readonly pattern: RegExp; readonly typeOnly?: true }[] = [
  { pattern: /^[ \t]*import(?<type>\s+type\b)?\s[^'"`;()=]*?\bfrom\s*['"](?<to>[^'"]+)['"]/gm },
  { pattern: /^[ \t]*export(?<type>\s+type\b)?\s*(?:\{[^}]*\}|\*[^'"]*?)\s*from\s*['"](?<to>[^'"]+)['"]/gm },
  { pattern: /^[ \t]*import\s*['"](?<to>[^'"]+)['"]/gm },
  // Also `import('…').Name` in the place of a type, which is counted as more than it is.
  { pattern: /\b(?:import|require|resolve)\(\s*['"](?<to>[^'"]+)['"]/g },
  { pattern: /@import\s[^'"]*?\sfrom\s+['"](?<to>[^'"]+)['"]/g, typeOnly: true },
]

/** @param file where the text stands; paths become relative to the project */
export function importsIn(text: string, file: string): Import[] {
  return patterns.flatMap(({ pattern, typeOnly }) =>
    [...text.matchAll(pattern)].map(({ groups }) => {
      const to = groups!['to']!
      const path = to.startsWith('.') ? relative(root, join(root, dirname(file), to)) : to
      return { from: file, to: path, typeOnly: typeOnly ?? groups!['type'] !== undefined }
    }),
  )
}
