// The product calls nobody that its user did not name: what a drawing and a bot at rest do with the network and leave on the disk.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const project = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'zoetrope-calls-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** As on a person's machine: libraries that report home keep quiet where CI is set. */
function environment(home: string): NodeJS.ProcessEnv {
  const { CI: _, ORT_DISABLE_TELEMETRY: __, ...ours } = process.env
  return { ...ours, HOME: home, TMPDIR: home, ZOETROPE_HOME: join(home, 'zoetrope'), PORT: '0', HEALTH_PORT: '0' }
}

const draw = ['src/zoetrope.js', 'animate', 'a red ball', '--device', 'cpu', '--frames', '2', '--steps', '2', '--seed', '7']

test('a drawing leaves nothing but the animation and what Node compiled', () => {
  const home = mkdtempSync(join(folder, 'draw-'))
  const out = join(home, 'ball.webp')
  const { status, stderr } = spawnSync(process.execPath, [...draw, '--out', out], {
    cwd: project,
    env: environment(home),
    encoding: 'utf8',
    timeout: 120_000,
  })
  assert.equal(status, 0, stderr)
  assert.deepEqual(readdirSync(home).sort(), ['ball.webp', 'node-compile-cache', 'zoetrope'])
})

const strace = spawnSync('strace', ['-V']).status === 0 && spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0
const traced = { skip: strace ? false : 'there is no strace that may trace here' }

/** Every address outside this machine that a process or a child of it asked the system to reach, and every name that it looked up. */
function outside(trace: string): string[] {
  const calls = trace
    .split('\n')
    .filter((line) => /sin6?_addr|sin6?_port/.test(line) && !/inet_addr\("127\.|"::1"|"::ffff:127\./.test(line))
  return calls.filter((line) => !/bind\(|accept4?\(|getsockname\(|getpeername\(/.test(line))
}

const tracing = (to: string): string[] => ['-f', '-qq', '-e', 'trace=connect,sendto,sendmsg,sendmmsg', '-o', to]

test('a drawing reaches no address and looks up no name', traced, () => {
  const home = mkdtempSync(join(folder, 'trace-'))
  const trace = join(home, 'trace')
  const { status, stderr } = spawnSync('strace', [...tracing(trace), process.execPath, ...draw, '--out', join(home, 'ball.webp')], {
    cwd: project,
    env: environment(home),
    encoding: 'utf8',
    timeout: 240_000,
  })
  assert.equal(status, 0, stderr)
  assert.deepEqual(outside(readFileSync(trace, 'utf8')), [])
})

test('a bot at rest reaches no address and looks up no name', traced, async () => {
  const home = mkdtempSync(join(folder, 'rest-'))
  const trace = join(home, 'trace')
  const bot = spawn('strace', [...tracing(trace), process.execPath, 'src/bot.ts'], { cwd: project, env: environment(home) })
  await said(bot, /Ready\./)
  await new Promise((resolve) => setTimeout(resolve, 5000))
  // strace holds signals back from itself: the bot is its only child.
  process.kill(Number(readFileSync(`/proc/${bot.pid}/task/${bot.pid}/children`, 'utf8')), 'SIGINT')
  await new Promise((resolve) => bot.once('exit', resolve))
  assert.deepEqual(outside(readFileSync(trace, 'utf8')), [])
})

test('a call to another machine would be seen', traced, () => {
  const trace = join(mkdtempSync(join(folder, 'seen-')), 'trace')
  // 192.0.2.0/24 is for documentation (RFC 5737): nobody has it.
  const call = `require('node:net').connect(9, '192.0.2.1').on('error', () => 0); setTimeout(() => process.exit(), 300)`
  spawnSync('strace', [...tracing(trace), process.execPath, '-e', call], { timeout: 30_000 })
  assert.notDeepEqual(outside(readFileSync(trace, 'utf8')), [])
})

function said(bot: ChildProcess, what: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    const hear = (chunk: Buffer): void => {
      text += chunk
      if (what.test(text)) resolve()
    }
    bot.stdout!.on('data', hear)
    bot.stderr!.on('data', hear)
    bot.once('exit', (code) => reject(new Error(`the bot ended with ${code}: ${text}`)))
  })
}
