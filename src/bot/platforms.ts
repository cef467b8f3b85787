// The platforms that this process serves: the page always, Discord and Slack where they are configured. What is configured wrongly is
// told and left out. Each SDK is loaded only where it is used.

import { join } from 'node:path'
import { commands } from '../../commands/index.ts'
import type { Contexts } from '../chat/context/contexts.ts'
import type { Platform } from '../chat/contract/platform.ts'
import { createWeb } from '../chat/web/index.ts'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import { systemClock } from '../system-clock.ts'
import { keptAdminToken } from './page/admin-token.ts'
import { createPageViews, type PageViewsParts } from './page/page-views.ts'

export type PlatformMaker = (contexts: Contexts) => readonly Platform[]

/** @param tell a sentence for the operator */
export async function platformsOf(
  config: Config,
  parts: Omit<PageViewsParts, 'contexts'>,
  log: Log,
  tell: (sentence: string) => void,
): Promise<PlatformMaker> {
  const adminToken = config.page.adminToken ?? keptToken(config.home, tell)
  const makers: PlatformMaker[] = [(contexts) => [page(config, adminToken, createPageViews({ ...parts, contexts }), log)]]
  const { discord, slack } = config
  if (discord?.ready) {
    const { createDiscord } = await import('../chat/discord/index.ts')
    const { token } = discord
    makers.push(() => [
      createDiscord({
        token,
        commands,
        operators: operatorsOn('discord', config),
        nowMs: systemClock.nowMs,
        warn: (err) => log.warn({ platform: 'discord', err }, 'Discord'),
      }),
    ])
  } else if (discord) tell(`discord is off: ${discord.mend}`)
  if (slack?.ready) {
    const { createSlack } = await import('../chat/slack/index.ts')
    const { botToken: token, ready: _ready, ...more } = slack
    makers.push(() => [createSlack({ token, ...more, operators: operatorsOn('slack', config), log: log.child({ platform: 'slack' }) })])
  } else if (slack) tell(`slack is off: ${slack.mend}`)
  return (contexts) => makers.flatMap((make) => make(contexts))
}

/** Ids of people on one platform, out of 'discord/123'. */
function operatorsOn(platform: string, { operators }: Config): readonly string[] {
  return operators.filter((person) => person.startsWith(`${platform}/`)).map((person) => person.slice(platform.length + 1))
}

function keptToken(home: string, tell: (sentence: string) => void): string {
  const { token, file } = keptAdminToken(home)
  tell(`Who signs in on the page with the token in ${file} is its admin.`)
  return token
}

function page({ home, page, retentionDays }: Config, adminToken: string, views: ReturnType<typeof createPageViews>, log: Log): Platform {
  return createWeb({
    ...page,
    adminToken,
    file: join(home, 'page.sqlite'),
    uploads: join(home, 'uploads'),
    commands,
    views,
    retentionDays,
    now: systemClock.nowMs,
    broken: (error) => log.error({ platform: 'web', err: error }, 'the page broke'),
  })
}
