import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { encode } from '../../src/media/animation.ts'
import { findFfmpeg, runFfmpeg } from '../../src/media/ffmpeg.ts'
import { noise } from './pictures.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffmpeg-test-'))
  // Temporary files of these tests are found apart from those of tests that run beside them.
  process.env['TMPDIR'] = folder
})
after(() => rm(folder, { recursive: true }))

/** A program that stands where ffmpeg is expected. */
async function program(name: string, script: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return path
}

/** Far more than a pipe holds, so that a child which does not read is noticed. */
const frames = noise(4, 256, 256)

test('an ffmpeg is found, has H.264, and is searched for once', async () => {
  const path = await findFfmpeg()
  assert.match(
    Buffer.from(await runFfmpeg(path, { args: ['-version'], input: new Uint8Array(), timeoutMs: 10_000 })).toString(),
    /^ffmpeg version/,
  )
  assert.equal(findFfmpeg(), findFfmpeg())
  assert.equal(await findFfmpeg({ bin: path }), path)
})

test('a named ffmpeg that is missing, that does not run or that has no H.264 is refused by name, not passed over', async () => {
  const missing = join(folder, 'nowhere')
  await assert.rejects(findFfmpeg({ bin: missing }), { name: 'UserError', code: 'ffmpeg-missing', message: /nowhere.*does not exist/ })
  const failing = await program('failing', 'exit 3')
  await assert.rejects(findFfmpeg({ bin: failing }), { code: 'ffmpeg-missing', message: /does not run/ })
  const poor = await program('poor', 'echo "ffmpeg version 9"; echo "configuration: --disable-everything"')
  await assert.rejects(findFfmpeg({ bin: poor }), { code: 'ffmpeg-missing', message: /without libx264/ })
})

test('a search that failed is made again', async () => {
  const bin = join(folder, 'later')
  await assert.rejects(findFfmpeg({ bin }), { code: 'ffmpeg-missing' })
  await program('later', 'echo --enable-libx264')
  assert.equal(await findFfmpeg({ bin }), bin)
})

test('an ffmpeg that dies gives a sentence with its last line', async () => {
  const ffmpeg = await program('dies', 'echo "first line" >&2; echo "No space left on device" >&2; exit 1')
  await assert.rejects(encode(frames, { format: 'mp4', fps: 10, ffmpeg }), {
    name: 'UserError',
    code: 'ffmpeg-died',
    message: 'ffmpeg ended with code 1; it said: No space left on device',
  })
})

test('an ffmpeg that is killed is named with its signal', async () => {
  const ffmpeg = await program('killed', 'kill -9 $$')
  await assert.rejects(encode(frames, { format: 'mp4', fps: 10, ffmpeg }), {
    code: 'ffmpeg-died',
    message: 'ffmpeg ended with signal SIGKILL.',
  })
})

test('an ffmpeg that may not write a whole file gives a sentence, not half a file', async () => {
  const real = await findFfmpeg()
  const ffmpeg = await program('full', `ulimit -f 8; exec "${real}" "$@"`)
  await assert.rejects(encode(frames, { format: 'mp4', fps: 10, ffmpeg }), { name: 'UserError', code: 'ffmpeg-died' })
})

test('an ffmpeg that ends without a fault and without a file, or with half of one, is not believed', async () => {
  const silent = await program('silent', 'cat > /dev/null')
  await assert.rejects(encode(frames, { format: 'mp4', fps: 10, ffmpeg: silent }), { code: 'ffmpeg-died', message: /missing or cut off/ })
  const real = await findFfmpeg()
  const cutting = await program(
    'cutting',
    `"${real}" "$@"; for last; do :; done; head -c 5000 "$last" > "$last.cut"; mv "$last.cut" "$last"`,
  )
  await assert.rejects(encode(frames, { format: 'mp4', fps: 10, ffmpeg: cutting }), { code: 'ffmpeg-died', message: /missing or cut off/ })
})

test('an ffmpeg that hangs is killed, also where its child holds the pipes', async () => {
  const ffmpeg = await program('hangs', 'echo "waiting" >&2; sleep 2; echo never')
  const began = performance.now()
  await assert.rejects(encode(frames, { format: 'mp4', fps: 10, ffmpeg, timeoutMs: 300 }), {
    code: 'ffmpeg-hung',
    message: 'ffmpeg was stopped because it did not finish in 0.3 seconds; it said: waiting',
  })
  assert.ok(performance.now() - began < 1500)
})

test('a path that cannot be started is a sentence', async () => {
  const ffmpeg = join(folder, 'nothing-here')
  await assert.rejects(encode(frames, { format: 'mp4', fps: 10, ffmpeg }), { name: 'UserError', code: 'ffmpeg-missing' })
})

test('no temporary files stay behind', async () => {
  await encode(noise(2, 16, 16), { format: 'mp4', fps: 10 })
  await assert.rejects(encode(frames, { format: 'mp4', fps: 10, ffmpeg: await program('gone', 'exit 1') }))
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('zoetrope-')),
    [],
  )
})

test('a folder for temporary files that takes none is a sentence', async () => {
  process.env['TMPDIR'] = join(folder, 'nothing-here')
  try {
    await assert.rejects(encode(frames, { format: 'mp4', fps: 10 }), {
      name: 'UserError',
      code: 'no-temporary-file',
      message: /WebP and GIF/,
    })
  } finally {
    process.env['TMPDIR'] = folder
  }
})

test("a system's ffmpeg that does not run is passed over", async () => {
  await program('ffmpeg', 'exit 1')
  const door = new URL('../../src/media/ffmpeg.ts', import.meta.url).href
  const script = `import { findFfmpeg } from '${door}'; console.log(await findFfmpeg())`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env: { PATH: folder } })
  assert.notEqual(stdout.trim(), 'ffmpeg')
  assert.equal(await findFfmpeg({ bin: stdout.trim() }), stdout.trim())
})

test('WebP and GIF need no ffmpeg', async () => {
  for (const format of ['webp', 'gif'] as const) {
    assert.ok((await encode(noise(2, 16, 16), { format, fps: 10, ffmpeg: join(folder, 'nothing-here') })).bytes.length > 0)
  }
})
