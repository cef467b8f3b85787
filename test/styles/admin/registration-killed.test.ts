import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { animeLora, withBuiltIn } from '../test-styles.ts'
import { adminOf, attachment, type Moment, moments, openStylesIn } from './registration-process.ts'

const root = mkdtempSync(join(realpathSync(tmpdir()), 'zoetrope-killed-'))
after(() => rmSync(root, { recursive: true }))
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** What a process that was killed left, as the next one opens it. */
async function found(folder: string) {
  const setup = await openStylesIn(folder, () => undefined)
  const styles = (await setup.styles.list('discord/s1', true)).map(({ name }) => name).filter((name) => !withBuiltIn().includes(name))
  const files = ['incoming', 'files'].flatMap((inner) => readdirSync(join(folder, 'styles', inner)).map((name) => `${inner}/${name}`))
  return { setup, styles, files }
}

describe('a process that is killed in the middle of a registration leaves the old state or the new:', () => {
  const lora = digest(animeLora())
  const after: Readonly<Record<Moment, 'old' | 'new'>> = {
    'half received': 'old',
    received: 'old',
    examined: 'old',
    'change half written': 'old',
    'change written': 'new',
    done: 'new',
  }
  for (const moment of moments) {
    test(`${moment}: the ${after[moment]} one`, async () => {
      const folder = join(root, moment.replaceAll(' ', '-'))
      const child = spawn(process.execPath, [join(import.meta.dirname, 'registration-process.ts'), folder, moment, 'look'], {
        stdio: 'ignore',
      })
      const [, signal] = await once(child, 'exit')
      assert.equal(signal, 'SIGKILL')
      const { setup, styles, files } = await found(folder)
      if (after[moment] === 'old') {
        assert.deepEqual({ styles, files }, { styles: [], files: [] })
        // And it can be done again.
        await adminOf(setup, () => undefined).add({ name: 'look', extend: false, file: attachment })
      }
      const style = await setup.styles.find('look', 'discord/s1', true)
      assert.equal(digest(readFileSync(style!.model.loras[0]!.file)), lora)
      await setup.store.close()
      const next = await found(folder)
      assert.deepEqual({ styles: next.styles, files: next.files }, { styles: ['look'], files: [`files/${lora}.safetensors`] })
      assert.equal((await adminOf(next.setup, () => undefined).record('look')).changes.length, 1)
      await next.setup.store.close()
    })
  }
})
