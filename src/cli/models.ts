// `zoetrope models`: what is published, pulled from the hub, checked, removed.

import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Command } from 'commander'
import { readConfig } from '../config.ts'
import { kindOfFile } from '../engine/index.ts'
import { UserError } from '../errors.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { modelFolder, pocket } from '../paths.ts'
import { fileDigest } from '../styles/download/file-digest.ts'
import { type InstalledModel, installedModels, readRecords, removeModel, writeRecord } from '../styles/download/installed-models.ts'
import { type HubModel, type PublishedModel, readPublishedModels, wantedModel } from '../styles/download/published-models.ts'
import { pullModel } from '../styles/download/pull-model.ts'
import type { CommandLine } from './command-line/command-line.ts'
import { installedAs } from './command-line/model-path.ts'
import { kindWords } from './inspect/describe-weights.ts'
import { aligned, inBytes, plain } from './terminal/plain-text.ts'
import { transferBar } from './terminal/progress-bar.ts'

export function modelsCommand(program: Command, line: CommandLine): void {
  const models = program.command('models').description('published models: list them, pull them from the hub, verify and remove them')
  models
    .command('list')
    .description('what is known and what is installed')
    .action(() => list(line))
  models
    .command('pull')
    .description('fetch models by the names of the list, or any file of the hub as owner/repo/file')
    .argument('<names...>')
    .action((names: readonly string[]) => pullAll(names, line))
  models
    .command('verify')
    .description('compare what is installed with the digests of what was pulled')
    .argument('[names...]', 'all where none is named')
    .action((names: readonly string[]) => verifyAll(names, line))
  models
    .command('remove')
    .description('delete installed models')
    .argument('<names...>')
    .action((names: readonly string[]) => removeAll(names, line))
}

const folder = (): string => modelFolder(readConfig(process.env).home)
const published = (): readonly PublishedModel[] => readPublishedModels(dirname(pocket))

function list({ output, prefix }: CommandLine): void {
  const installed = installedModels(folder(), kindOfFile)
  const pulled = new Set(installed.flatMap(({ record }) => record?.name ?? []))
  const rows = published().map(({ name, about, megabytes, license }) => [
    pulled.has(name) ? '*' : ' ',
    name,
    megabytes === undefined ? '' : inBytes(megabytes * 1e6),
    license ?? 'see its page',
    about,
  ])
  for (const row of aligned([['', 'name', 'size', 'licence', ''], ...rows], [2])) output.line(row)
  output.line(`\nInstalled (*) in ${folder()}:`)
  if (installed.length === 0) output.line(`nothing yet; what most people want first: ${prefix} models pull sd15 motion-v3`)
  const files = installed.map(({ file, bytes, kind }) => [plain(file), inBytes(bytes), kindWords[kind]])
  for (const row of aligned(files, [1])) output.line(row)
  output.data({
    folder: folder(),
    published: published().map((model) => ({ ...model, installed: pulled.has(model.name) })),
    installed: installed.map(({ file, path, bytes, kind, record }) => ({ file, path, bytes, kind, ...record })),
  })
}

async function pullAll(names: readonly string[], line: CommandLine): Promise<void> {
  const known = published()
  const wanted = names.map((name) => wantedModel(name, known))
  const pulled: unknown[] = []
  for (const model of wanted) pulled.push(await pull(model, names, line))
  line.output.data({ pulled })
}

async function pull(model: HubModel, names: readonly string[], { output, prefix, signal }: CommandLine): Promise<unknown> {
  const { hub } = readConfig(process.env)
  const source = `${model.repo}/${model.file}`
  refuseInTheWay(basename(model.file), source, prefix)
  const bar = transferBar(model.name, output)
  // What came so far is gone on with; the bar must not keep the cursor hidden until the line is cut.
  signal.addEventListener('abort', bar.stop, { once: true })
  const pause = (tries: number): Promise<void> => setTimeout(1000 * 2 ** tries, undefined, { signal })
  const options = { ...hub, pause, signal, onProgress: bar.show }
  const { path, sha256, bytes, commit } = await pullModel(model, folder(), options).finally(bar.stop)
  const record = { name: model.name, source, sha256, bytes, ...omitUndefined({ commit, license: model.license }), pulledAtMs: Date.now() }
  writeRecord(folder(), basename(path), record)
  output.line(`${path}  ${inBytes(bytes)}, sha256 ${sha256}`)
  const needs = published().find(({ name }) => name === model.name)?.needs ?? []
  const missing = needs.filter((name) => !isPulled(name) && !names.includes(name))
  if (missing.length > 0)
    output.note(`${model.name} is of no use without ${missing.join(', ')}: ${prefix} models pull ${missing.join(' ')}`)
  return { path, ...record, missing }
}

/** Many files of the hub have one name. @throws UserError `model-in-the-way` */
function refuseInTheWay(file: string, source: string, prefix: string): void {
  const path = join(folder(), file)
  const before = readRecords(folder())[file]?.source
  if (!existsSync(path) || before === source) return
  const whose = before === undefined ? 'was not pulled' : `was pulled from ${before}`
  const sentence = `${path} is there already and ${whose}: give it another name, or ${prefix} models remove ${file}.`
  throw new UserError('model-in-the-way', sentence, { path, source: before })
}

const isPulled = (name: string): boolean => {
  const file = published().find((model) => model.name === name)?.file
  return file !== undefined && existsSync(join(folder(), basename(file)))
}

/** @throws UserError `models-damaged` naming those that are not what was pulled */
async function verifyAll(names: readonly string[], { output, prefix }: CommandLine): Promise<void> {
  const damaged: string[] = []
  const checked: unknown[] = []
  for (const { file, path, record } of chosen(names, prefix)) {
    const sha256 = await fileDigest(path)
    const state = !record ? 'not-pulled' : record.sha256 === sha256 ? 'intact' : 'damaged'
    output.line(`${plain(file)}  ${words[state]}${state === 'intact' ? '' : `; sha256 ${sha256}`}`)
    checked.push({ file, sha256, state })
    if (state === 'damaged') damaged.push(file)
  }
  output.data({ checked })
  if (damaged.length > 0) {
    throw new UserError('models-damaged', `Not what was pulled: ${damaged.join(', ')}. Remove and pull again.`, { files: damaged })
  }
}

const words = { intact: 'as it was pulled', damaged: 'DAMAGED', 'not-pulled': 'was not pulled' } as const

function removeAll(names: readonly string[], { output, prefix }: CommandLine): void {
  const removed = chosen(names, prefix)
  for (const model of removed) {
    removeModel(folder(), model)
    output.line(`${plain(model.file)} removed, ${inBytes(model.bytes)} free`)
  }
  output.data({ removed: removed.map(({ file, path, bytes }) => ({ file, path, bytes })) })
}

/** By published name or by file. @throws UserError `model-not-installed` */
function chosen(names: readonly string[], prefix: string): InstalledModel[] {
  const installed = installedModels(folder(), kindOfFile)
  if (names.length === 0) return installed
  return names.map((name) => {
    const found = installedAs(name, installed, published())
    if (found) return found
    throw new UserError('model-not-installed', `${name} is not installed; what is: ${prefix} models list`, { name })
  })
}
