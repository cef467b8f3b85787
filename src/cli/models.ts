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
import { type InstalledModel, installedModels, removeModel, writeRecord } from '../styles/download/installed-models.ts'
import { type PublishedModel, readPublishedModels, wantedModel } from '../styles/download/published-models.ts'
import { pullModel } from '../styles/download/pull-model.ts'
import { kindWords } from './inspect/describe-weights.ts'
import { transferBar } from './progress-bar.ts'
import { aligned, inBytes, type Print, plain, printer } from './terminal.ts'

export function modelsCommand(program: Command): void {
  const print = printer(program)
  const models = program.command('models').description('published models: list them, pull them from the hub, verify and remove them')
  models
    .command('list')
    .description('what is known and what is installed')
    .action(() => list(print))
  models
    .command('pull')
    .description('fetch models by the names of the list, or any file of the hub as owner/repo/file')
    .argument('<names...>')
    .action((names: readonly string[]) => pullAll(names, print))
  models
    .command('verify')
    .description('compare what is installed with the digests of what was pulled')
    .argument('[names...]', 'all where none is named')
    .action((names: readonly string[]) => verifyAll(names, print))
  models
    .command('remove')
    .description('delete installed models')
    .argument('<names...>')
    .action((names: readonly string[]) => removeAll(names, print))
}

const folder = (): string => modelFolder(readConfig(process.env).home)
const published = (): readonly PublishedModel[] => readPublishedModels(dirname(pocket))

function list(print: Print): void {
  const installed = installedModels(folder(), kindOfFile)
  const pulled = new Set(installed.flatMap(({ record }) => record?.name ?? []))
  const rows = published().map(({ name, about, megabytes, license }) => [
    pulled.has(name) ? '*' : ' ',
    name,
    megabytes === undefined ? '' : inBytes(megabytes * 1e6),
    license ?? 'see its page',
    about,
  ])
  for (const row of aligned([['', 'name', 'size', 'licence', ''], ...rows], [2])) print(row)
  print(`\nInstalled (*) in ${folder()}:`)
  if (installed.length === 0) print('nothing yet; zoetrope models pull sd15 motion-v3 is what most people want first')
  for (const row of aligned(
    installed.map(({ file, bytes, kind }) => [plain(file), inBytes(bytes), kindWords[kind]]),
    [1],
  ))
    print(row)
}

async function pullAll(names: readonly string[], print: Print): Promise<void> {
  const known = published()
  const wanted = names.map((name) => wantedModel(name, known))
  const { hub } = readConfig(process.env)
  for (const model of wanted) {
    const bar = transferBar(model.name)
    const pause = (tries: number): Promise<void> => setTimeout(1000 * 2 ** tries)
    const { path, sha256, bytes, commit } = await pullModel(model, folder(), { ...hub, pause, onProgress: bar.show }).finally(bar.stop)
    const source = `${model.repo}/${model.file}`
    const optional = omitUndefined({ commit, license: model.license })
    writeRecord(folder(), basename(path), { name: model.name, source, sha256, bytes, ...optional, pulledAtMs: Date.now() })
    print(`${path}  ${inBytes(bytes)}, sha256 ${sha256}`)
    const missing = known.find(({ name }) => name === model.name)?.needs?.filter((name) => !isPulled(name) && !names.includes(name)) ?? []
    if (missing.length > 0) print(`${model.name} is of no use without ${missing.join(', ')}: zoetrope models pull ${missing.join(' ')}`)
  }
}

const isPulled = (name: string): boolean => {
  const file = published().find((model) => model.name === name)?.file
  return file !== undefined && existsSync(join(folder(), basename(file)))
}

/** @throws UserError `models-damaged` naming those that are not what was pulled */
async function verifyAll(names: readonly string[], print: Print): Promise<void> {
  const damaged: string[] = []
  for (const { file, path, record } of chosen(names)) {
    const sha256 = await fileDigest(path)
    if (!record) print(`${plain(file)}  was not pulled; sha256 ${sha256}`)
    else if (record.sha256 === sha256) print(`${plain(file)}  as it was pulled`)
    else {
      print(`${plain(file)}  DAMAGED: sha256 is ${sha256}, was ${record.sha256}`)
      damaged.push(file)
    }
  }
  if (damaged.length > 0) {
    throw new UserError('models-damaged', `Not what was pulled: ${damaged.join(', ')}. Remove and pull again.`, { files: damaged })
  }
}

function removeAll(names: readonly string[], print: Print): void {
  for (const model of chosen(names)) {
    removeModel(folder(), model)
    print(`${plain(model.file)} removed, ${inBytes(model.bytes)} free`)
  }
}

/** By published name or by file. @throws UserError `model-not-installed` */
function chosen(names: readonly string[]): InstalledModel[] {
  const installed = installedModels(folder(), kindOfFile)
  if (names.length === 0) return installed
  return names.map((name) => {
    const file = published().find((model) => model.name === name)?.file
    const found = installed.find(
      (model) => model.record?.name === name || model.file === name || (file !== undefined && model.file === basename(file)),
    )
    if (found) return found
    throw new UserError('model-not-installed', `${name} is not installed; zoetrope models list shows what is.`, { name })
  })
}
