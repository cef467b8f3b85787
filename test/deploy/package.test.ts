// The package that `npm pack` makes, installed: in a folder of its own under node_modules, run from another.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import description from '../../package.json' with { type: 'json' }
import { readSettings } from '../../src/media/inspect.ts'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)

describe('the package', { timeout: 240_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'zoetrope-package-'))
  const checkout = join(folder, 'checkout')
  const modules = join(folder, 'node_modules')
  const program = join(modules, 'zoetrope/src/zoetrope.js')
  const environment = { PATH: process.env['PATH'] ?? '', HOME: folder, PORT: '0', HEALTH_PORT: '0' }
  const somewhere = join(folder, 'somewhere else')

  before(async () => {
    mkdirSync(somewhere)
    mkdirSync(modules)
    // In a copy: tests beside this one read the sources, and packing puts JavaScript next to them for a while.
    for (const part of ['src', 'commands', 'models', 'deploy', 'package.json', '.npmrc', 'README.md', 'LICENSE'])
      cpSync(join(root, part), join(checkout, part), { recursive: true })
    await run('npm', ['run', 'pack', '--', '--pack-destination', folder], {
      cwd: checkout,
      env: { ...process.env, npm_config_cache: join(folder, 'cache') },
    })
    await run('tar', ['-xzf', join(folder, `zoetrope-${description.version}.tgz`), '-C', modules])
    await run('mv', [join(modules, 'package'), join(modules, 'zoetrope')])
    for (const name of Object.keys(description.dependencies)) {
      const [scope, own] = name.split('/')
      if (own !== undefined) mkdirSync(join(modules, scope!), { recursive: true })
      if (existsSync(join(root, 'node_modules', name))) symlinkSync(join(root, 'node_modules', name), join(modules, name))
    }
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('has JavaScript in place of every source, and leaves none in the checkout', () => {
    const sources = globSync(['src/**/*.ts', 'commands/**/*.ts'], { cwd: root })
    for (const source of sources) {
      const compiled = source.replace(/\.ts$/, '.js')
      assert.ok(existsSync(join(modules, 'zoetrope', compiled)), `${compiled} is packed`)
      assert.ok(!existsSync(join(checkout, compiled)), `${compiled} is cleaned away`)
      assert.doesNotMatch(readFileSync(join(modules, 'zoetrope', compiled), 'utf8'), /from '\.[^']*\.ts'/)
    }
    assert.deepEqual(globSync('**/*.ts', { cwd: join(modules, 'zoetrope') }), [])
  })

  test('draws from any folder, and keeps what it computed in the home of who runs it', async () => {
    const { stdout } = await run(
      process.execPath,
      [program, 'animate', 'a red ball', '--frames', '2', '--steps', '2', '--out', 'ball.webp'],
      {
        cwd: somewhere,
        env: environment,
      },
    )
    assert.match(stdout, /ball\.webp/)
    assert.equal(readSettings(readFileSync(join(somewhere, 'ball.webp'))).frames, 2)
    assert.deepEqual(readdirSync(somewhere), ['ball.webp'])
    assert.ok(existsSync(join(folder, '.zoetrope/cache')))
  })

  test('prints the scripts that complete its commands', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { stdout } = await run(process.execPath, [program, 'completion', shell], { cwd: somewhere, env: environment })
      assert.match(stdout, /zoetrope/)
    }
  })

  test('starts the bot', async () => {
    const bot = spawn(process.execPath, [program, 'bot'], { cwd: somewhere, env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    for await (const text of bot.stdout) {
      said += text
      if (said.includes('Ready.') && !bot.killed) bot.kill('SIGTERM')
    }
    if (bot.exitCode === null) await once(bot, 'exit')
    assert.match(said, /Ready\./)
    assert.equal(bot.exitCode, 0)
  })
})
