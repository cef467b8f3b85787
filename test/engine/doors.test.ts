// Who loads ONNX Runtime: 46 MB of native code that the bot, whose own process computes nothing, has no use for.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '../..')
const onLinux = { skip: process.platform === 'linux' ? false : 'memory maps are read from /proc' }

const mapsRuntime = (maps: string): boolean => /libonnxruntime|onnxruntime_binding/.test(maps)

/** Whether a process that imported these maps ONNX Runtime. */
async function mapsItAfter(...modules: string[]): Promise<boolean> {
  const imports = modules.map((path) => `await import(${JSON.stringify(join(root, path))})`)
  const program = [...imports, `process.stdout.write(readFileSync('/proc/self/maps', 'utf8'), () => process.exit())`]
  const args = ['--input-type=module', '--eval', `import { readFileSync } from 'node:fs'\n${program.join('\n')}`]
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 26 })
  assert.match(stdout, /bin\/node/, 'the maps of a process')
  return mapsRuntime(stdout)
}

test('the door for files maps no ONNX Runtime, the door for computing does', onLinux, async () => {
  assert.deepEqual(await Promise.all([mapsItAfter('src/engine/index.ts'), mapsItAfter('src/engine/run.ts')]), [false, true])
})

test('the modules of the bot map none', onLinux, async () => {
  assert.equal(await mapsItAfter('src/bot/bot.ts', 'src/config.ts'), false)
})

test('a bot that is ready maps none; the process that draws for it does', onLinux, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'zoetrope-maps-'))
  const bot = spawn(process.execPath, [join(root, 'src/bot.ts')], {
    env: { PATH: process.env['PATH'] ?? '', ZOETROPE_HOME: home, PORT: '0', HEALTH_PORT: '0', DEVICE: 'cpu' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.after(async () => {
    if (bot.exitCode === null) {
      bot.kill('SIGKILL')
      await once(bot, 'exit')
    }
    rmSync(home, { recursive: true, force: true })
  })
  let said = ''
  bot.stdout.on('data', (text: Buffer) => {
    said += text
  })
  const isReady = (): boolean => /Ready\./.test(said) && /Drawing on/.test(said)
  while (!isReady() && bot.exitCode === null) await Promise.race([once(bot.stdout, 'data'), once(bot, 'exit')])
  assert.ok(isReady(), said)
  const mapsOf = (pid: number): string => readFileSync(`/proc/${pid}/maps`, 'utf8')
  assert.equal(mapsRuntime(mapsOf(bot.pid!)), false)
  assert.ok(childrenOf(bot.pid!).some((child) => mapsRuntime(mapsOf(child))))
})

const childrenOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  )
