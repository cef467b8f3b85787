// What holds for every command of the terminal: streams, exit codes, names of models, the commands that it prints, completion, Ctrl+C.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { Command } from 'commander'
import { animateCommand } from '../../../src/cli/animate.ts'
import type { CommandLine } from '../../../src/cli/command-line/command-line.ts'
import { exitCodeOf } from '../../../src/cli/command-line/exit-codes.ts'
import { commandPrefix } from '../../../src/cli/command-line/invocation.ts'
import { complete } from '../../../src/cli/completion.ts'
import { animateCommandLine, flagName, whyNotAgain } from '../../../src/cli/inspect/animate-command-line.ts'
import { createOutput } from '../../../src/cli/terminal/output.ts'
import { drawSettingNames } from '../../../src/draw-settings.ts'
import { UserError } from '../../../src/errors.ts'

const project = join(import.meta.dirname, '../../..')
const program = join(project, 'src/zoetrope.js')
const folder = mkdtempSync(join(tmpdir(), 'zoetrope-line-'))
after(() => rmSync(folder, { recursive: true }))
const home = join(folder, 'home')
mkdirSync(join(home, 'models'), { recursive: true })
copyFileSync(join(project, 'models/pocket/loras/sepia.safetensors'), join(home, 'models/sepia.safetensors'))
const environment = { ...process.env, ZOETROPE_HOME: home }

interface Ended {
  readonly code: number | null
  readonly out: Buffer
  readonly err: string
}

function zoetrope(args: readonly string[], input: string | Buffer = ''): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    env: environment,
    input,
    timeout: 240_000,
  })
  return { code: status, out: stdout, err: stderr.toString('utf8') }
}

const quick = ['--device', 'cpu', '--frames', '2', '--steps', '1', '--seed', '7']

function animateFlags(): Command {
  const command = new Command()
  const output = createOutput({ out: assert.fail, err: assert.fail })
  animateCommand(command, { output, signal: new AbortController().signal, prefix: 'zoetrope' } satisfies CommandLine)
  return command
}

describe('standard streams', () => {
  test('a dash is standard input and standard output; notes go beside them, and not at all where it is quiet', () => {
    const drawn = zoetrope(['animate', '-', '--out', '-', '--lora', 'sepia:0.5', '--quiet', ...quick], ' a red ball\n')
    assert.equal(drawn.err, '')
    assert.equal(drawn.out.subarray(8, 12).toString(), 'WEBP')
    const { settings } = JSON.parse(zoetrope(['inspect', '-', '--json'], drawn.out).out.toString()) as { settings: Record<string, unknown> }
    assert.equal(settings['prompt'], 'a red ball')
    assert.deepEqual((settings['model'] as { loras: unknown }).loras, [{ file: join(home, 'models/sepia.safetensors'), strength: 0.5 }])
  })

  test('JSON is one value on standard output, of a failure too', () => {
    const { code, out, err } = zoetrope(['animate', '', '--json', '--device', 'cpu'])
    assert.equal(code, 3)
    assert.equal(err, 'The prompt is empty: say what to draw.\n')
    assert.deepEqual(JSON.parse(out.toString()), { error: { code: 'prompt-empty', message: 'The prompt is empty: say what to draw.' } })
  })

  test('JSON and an animation do not share standard output', () => {
    assert.equal(zoetrope(['animate', 'a ball', '--json', '--out', '-']).code, 2)
  })

  test('every command has --json and --quiet', () => {
    const { out } = zoetrope(['complete', '--', ''])
    const names = out
      .toString()
      .split('\n')
      .flatMap((line) => line.split('\t')[0]!.match(/^[a-z-]+$/) ?? [])
    assert.ok(names.length >= 8, `${names}`)
    const below: Readonly<Record<string, readonly string[]>> = { models: ['list', 'pull', 'verify', 'remove'], train: ['lora', 'motion'] }
    const leaves = names
      .filter((name) => !['help', 'bot'].includes(name))
      .flatMap((name) => below[name]?.map((one) => [name, one]) ?? [[name]])
    for (const words of leaves) {
      const flags = zoetrope(['complete', '--', ...words, '--']).out.toString()
      assert.match(flags, /^--json\t/m, words.join(' '))
      assert.match(flags, /^--quiet\t/m, words.join(' '))
    }
  })
})

describe('exit codes', () => {
  test('tell usage, refused input and devices apart', () => {
    const of = (code: string) => exitCodeOf(new UserError(code, 'x'))
    assert.deepEqual(['usage', 'lora-shape', 'device-not-started', 'worker-died', 'hub-unreachable'].map(of), [2, 3, 4, 4, 1])
    assert.equal(exitCodeOf(new Error('a bug')), undefined)
  })

  test('stand in the help and in the README', () => {
    const help = zoetrope(['--help']).out.toString()
    const readme = readFileSync(join(project, 'README.md'), 'utf8')
    for (const code of [0, 1, 2, 3, 4, 130]) {
      assert.match(help, new RegExp(`^ {2}${code} +\\w`, 'm'))
      assert.match(readme, new RegExp(`\\b${code} `))
    }
  })

  test('of a flag that does not exist is 2', () => {
    assert.equal(zoetrope(['animate', 'a ball', '--nope']).code, 2)
  })
})

describe('models', () => {
  test('that are published and not installed are named with the command that pulls them, which works as printed', () => {
    const { code, err } = zoetrope(['animate', 'a ball', '--checkpoint', 'sd15', '--device', 'cpu'])
    assert.equal(code, 3)
    const [, command] = /^sd15 is not installed: (.* models pull sd15)\n$/.exec(err)!
    const run = spawnSync('sh', ['-c', `${command} --help`], { cwd: folder, env: environment, encoding: 'utf8' })
    assert.match(run.stdout, /fetch models/, run.stderr)
  })

  test('are looked at under their names', () => {
    assert.match(zoetrope(['inspect', 'sepia']).out.toString(), /LoRA/)
  })
})

describe('printed commands', () => {
  test('begin as this program was called', () => {
    const npm = { npm_command: 'run', npm_lifecycle_script: 'node src/zoetrope.js animate' }
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    symlinkSync(program, join(bin, 'zoetrope'))
    const prefix = (environment: Record<string, string>, cwd: string) => commandPrefix({ environment, cwd, project })
    assert.equal(prefix(npm, join(project, 'src')), 'npm run zoetrope --')
    assert.equal(prefix(npm, join(project, '..')), `npm --prefix ${project.split('/').at(-1)} run zoetrope --`)
    assert.equal(prefix({ PATH: bin }, folder), 'zoetrope')
    assert.equal(prefix({ PATH: '/usr/bin' }, join(project, 'src')), 'node zoetrope.js')
    assert.equal(prefix({ npm_command: 'exec', npm_lifecycle_event: 'npx' }, folder), 'npx zoetrope')
    assert.equal(prefix({ npm_command: 'test', npm_lifecycle_script: 'node --test', PATH: bin }, folder), 'zoetrope')
  })

  test('take paths from where they were typed, under npm too', () => {
    writeFileSync(join(folder, 'here.webp'), readFileSync(join(project, 'test/fixtures/ball.webp')))
    const args = ['--prefix', project, 'run', '--silent', 'zoetrope', '--', 'inspect', 'here.webp']
    const { stdout, stderr } = spawnSync('npm', args, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...environment, npm_config_update_notifier: 'false' },
    })
    assert.match(stdout, /^animation +WEBP/, stderr)
    assert.equal(stderr, '')
  })

  test('know every setting that an animation may hold', () => {
    const flags = new Set(animateFlags().commands[0]!.options.map(({ long }) => long))
    for (const name of drawSettingNames) assert.ok(flags.has(`--${flagName(name)}`), name)
  })

  test('keep a SparseCtrl with what it is shown', () => {
    const model = { checkpoint: '/a', control: '/c.ckpt', loras: [] }
    const control = {
      pictures: [
        { frame: 0, file: '/first.png' },
        { frame: -1, file: '/last one.png' },
      ],
      strength: 0.8,
    }
    assert.equal(
      animateCommandLine({ prompt: 'a ball', model, control }, 'zoetrope'),
      "zoetrope animate 'a ball' --checkpoint /a --control /c.ckpt --control-image 0:/first.png --control-image '-1:/last one.png' --control-strength 0.8",
    )
  })

  test('are none for what was made of another animation, or as no flag can say', () => {
    const of = (settings: object) => [animateCommandLine({ prompt: 'a ball', ...settings }, 'zoetrope'), whyNotAgain(settings)]
    const earlier = { blob: 'a.webp', frames: 8 }
    assert.deepEqual(of({ earlier: { ...earlier, as: 'beginning' } }), [
      undefined,
      'It goes on with another animation, which is not in this file.',
    ])
    assert.deepEqual(of({ earlier: { ...earlier, as: 'variation', strength: 0.3 } }), [
      undefined,
      'It is a variation of another animation, which is not in this file.',
    ])
    const lora = { file: '/l.safetensors', strength: 0.8 }
    const drawn = (more: object) => of({ model: { checkpoint: '/a', loras: [{ ...lora, ...more }] } })
    assert.deepEqual(drawn({ textStrength: 0.4 }), [
      undefined,
      'A LoRA was at another strength in its text encoder, for which animate has no flag.',
    ])
    for (const same of [{ textStrength: 0.8 }, { merged: true }]) {
      assert.deepEqual(drawn(same), ["zoetrope animate 'a ball' --checkpoint /a --lora /l.safetensors:0.8", undefined])
    }
    assert.equal(whyNotAgain('a text'), undefined)
  })

  test('keep embeddings, and prompts that begin like a flag', () => {
    const model = { checkpoint: '/a', loras: [], embeddings: [{ file: '/b.pt', word: 'easy' }] }
    assert.equal(
      animateCommandLine({ prompt: '--out x', model }, 'zoetrope'),
      "zoetrope animate --checkpoint /a --embedding /b.pt:easy -- '--out x'",
    )
  })
})

describe('completion', () => {
  const models = () => [{ value: 'sd15', about: 'checkpoint' }]
  const values = (...words: string[]) => {
    const { completions, files } = complete(animateFlags(), words, models)
    return { values: completions.map(({ value }) => value), files }
  }

  test('offers commands, flags, choices, models and files', () => {
    assert.deepEqual(values('an'), { values: ['animate'], files: false })
    assert.deepEqual(values('animate', '--samp'), { values: ['--sampler'], files: false })
    assert.deepEqual(values('animate', 'a ball', '--sampler', 'eul'), {
      values: ['euler', 'euler-karras', 'euler-ancestral'],
      files: false,
    })
    assert.deepEqual(values('animate', '--format=w'), { values: ['--format=webp'], files: false })
    assert.deepEqual(values('animate', '--checkpoint', 's'), { values: ['sd15'], files: true })
    assert.deepEqual(values('animate', '--out', ''), { values: [], files: true })
  })

  const fish = spawnSync('fish', ['--version']).status === 0
  test('is loaded by fish as it is printed', { skip: fish ? false : 'there is no fish here' }, () => {
    const ask = `"${process.execPath}" "${program}" completion fish | source; complete -C 'zoetrope animate x --spacing '`
    const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', ask], { cwd: folder, env: environment, encoding: 'utf8' })
    assert.equal(stdout, 'leading\nlinspace\ntrailing\n', stderr)
  })

  test('is loaded by bash as it is printed', () => {
    const ask = `eval "$("${process.execPath}" "${program}" completion bash)"
COMP_WORDS=(zoetrope animate '"$(touch never)"' --spacing = ''); COMP_CWORD=5; _zoetrope 2>&1; echo "\${COMPREPLY[@]}"`
    const { stdout, stderr } = spawnSync('bash', ['-c', ask], { cwd: folder, env: environment, encoding: 'utf8' })
    assert.equal(stdout, 'leading linspace trailing\n', stderr)
    assert.ok(!existsSync(join(folder, 'never')), 'what is typed is not run')
  })
})

const pseudoTerminal = spawnSync('script', ['--version']).status === 0

test('Ctrl+C shows the cursor and wraps lines again, leaves no file, and ends with 130', {
  skip: pseudoTerminal ? false : 'script(1) is not here',
  timeout: 240_000,
}, async () => {
  const line = [
    process.execPath,
    program,
    'animate',
    "'a red ball'",
    '--device',
    'cpu',
    '--steps',
    '100',
    '--seed',
    '9',
    '--out',
    'never.webp',
  ].join(' ')
  const child = spawn('script', ['-qec', line, '/dev/null'], { cwd: folder, env: environment })
  let screen = ''
  child.stdout.on('data', (text: Buffer) => {
    screen += text
    if (/drawing .* [1-9]\d*\/100/.test(screen) && !child.stdin.writableEnded) child.stdin.end('\x03')
  })
  const [code] = (await once(child, 'exit')) as [number]
  assert.equal(code, 130, screen)
  assert.ok(screen.lastIndexOf('\x1b[?25h') > screen.lastIndexOf('\x1b[?25l'), 'the cursor is shown')
  assert.ok(screen.lastIndexOf('\x1b[?7h') > screen.lastIndexOf('\x1b[?7l'), 'lines are wrapped')
  assert.ok(!existsSync(join(folder, 'never.webp')))
})

test('the bot takes no flags, and says which settings there are', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(project, 'src/bot.ts'), '--port', '1'], { encoding: 'utf8' })
  assert.equal(status, 2)
  assert.match(stderr, /^npm start takes no '--port': .*: PORT=1 npm start\.\n\nZOETROPE_HOME /)
})

test('npm warns of nothing', () => {
  const { stderr } = spawnSync('npm', ['run'], {
    cwd: project,
    encoding: 'utf8',
    env: { ...process.env, npm_config_update_notifier: 'false' },
  })
  assert.equal(stderr, '')
})
