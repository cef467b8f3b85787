// Adopts weights of the small model: `node deploy/model/adopt.ts DIR` lays those of DIR, which is laid out as models/pocket is, in their place,
// and makes anew whatever ships and follows from them: what the built-in styles say of their files, and every loop that was drawn by them.
// Without DIR it makes anew what follows from the weights that lie there; `--only NAME` (again and again) the loops of that name alone.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { examples } from '../../commands/examples.ts'
import { samples } from '../../src/chat/web/page/views/sample-prompts.js'
import { identify, openTensorFile } from '../../src/engine/index.ts'
import { describeFile } from '../../src/styles/intake/describe-file.ts'

const root = join(import.meta.dirname, '../..')
const models = join(root, 'models')
const page = join(root, 'src/chat/web/page/samples')

interface Loop {
  /** Without `.webp`. */
  readonly file: string
  readonly prompt: string
  readonly flags: readonly string[]
}

interface DeclaredStyle {
  readonly name: string
  readonly example: string
  readonly files: { file: string; sha256: string; bytes: number; about: string }[]
}

/** Of its own: no other model that is installed here, and no setting, takes part. */
const home = mkdtempSync(join(tmpdir(), 'zoetrope-adopt-'))

const { values, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: 'string', multiple: true } } })
if (positionals[0] !== undefined) layIn(positionals[0])
const styles = describeStyles()
for (const loop of loops(styles)) if (!values.only || values.only.includes(basename(loop.file))) draw(loop)
if (!values.only || values.only.includes('ball')) copyFileSync(join(page, 'ball.webp'), join(models, 'pocket/ball.webp'))
rmSync(home, { recursive: true, force: true })

/** Weights alone: configurations, words and defaults are written by hand. */
function layIn(folder: string): void {
  const weights = globSync(['{unet,motion,vae,text_encoder}/*.safetensors', 'loras/*.safetensors'], { cwd: folder })
  if (weights.length === 0) throw new Error(`${folder} has no weights: expected unet/diffusion_pytorch_model.safetensors and its like.`)
  for (const path of weights) copyFileSync(join(folder, path), join(models, 'pocket', path))
  console.log(`${weights.length} files of weights laid into models/pocket`)
}

/** Writes what follows from a style's files: digest, bytes, what it is. */
function describeStyles(): readonly DeclaredStyle[] {
  const path = join(models, 'styles/built-in.json')
  const declared = JSON.parse(readFileSync(path, 'utf8')) as DeclaredStyle[]
  for (const entry of declared.flatMap(({ files }) => files)) {
    const file = join(models, entry.file)
    entry.sha256 = createHash('sha256').update(readFileSync(file)).digest('hex')
    entry.bytes = statSync(file).size
    entry.about = describeFile(identify(openTensorFile(file)))
  }
  const inOneLine = (_: string, names: string): string => `"aliases": [${names.replaceAll(/\s+/g, ' ')}]`
  writeFileSync(path, `${JSON.stringify(declared, null, 2).replaceAll(/"aliases": \[\s+([^\]]*?)\s+\]/g, inOneLine)}\n`)
  return declared
}

function loops(declared: readonly DeclaredStyle[]): Loop[] {
  const ofPage = samples.map(({ name, prompt, style, seed }) => ({
    file: join(page, name),
    prompt,
    flags: ['--seed', `${seed}`, ...(style ? ['--style', style] : [])],
  }))
  const ofStyles = declared.map(({ name, example }) => ({
    file: join(models, 'styles', name),
    prompt: example,
    flags: ['--style', name, '--seed', '1'],
  }))
  const ofHelp = Object.entries(examples).map(([name, typed]) => ({ file: join(models, 'examples', name), ...asFlags(typed) }))
  return [...ofPage, ...ofStyles, ...ofHelp]
}

/** `animate a red ball loop:ping-pong seed:5`, as it is typed in a chat, in the words of a shell. */
function asFlags(typed: string): Omit<Loop, 'file'> {
  const option = /([a-z-]+):(?:"([^"]*)"|(\S+))/g
  const named = new Map([...typed.matchAll(option)].map(([, name, quoted, bare]) => [name!, quoted ?? bare!]))
  const words = typed.replaceAll(option, '').slice('animate '.length)
  const prompt = named.get('prompt') ?? words.trim()
  named.delete('prompt')
  return { prompt, flags: [...named].flatMap(([name, value]) => [`--${name}`, value]) }
}

/** By the command line, which people draw by. */
function draw({ file, prompt, flags }: Loop): void {
  const closed = flags.includes('--loop') ? [] : ['--loop', 'auto']
  const to = ['--out', `${file}.webp`, '--device', 'cpu', '--quiet']
  const program = join(root, 'src/zoetrope.js')
  const { PATH = '' } = process.env
  const { status } = spawnSync(process.execPath, [program, 'animate', prompt, ...flags, ...closed, ...to], {
    stdio: 'inherit',
    env: { PATH, ZOETROPE_HOME: home },
  })
  if (status !== 0) throw new Error(`${prompt}: drawing it ended with ${status}.`)
}
