// The Slack adapter: connects, by a socket or a port, and joins receiving with posting.

import { UserError } from '../../errors.ts'
import type { Platform } from '../contract/platform.ts'
import { withTimeout } from '../time-limit.ts'
import { readAddress } from './address.ts'
import { libraryLogger, type RedactedLog, silent, withoutSecrets } from './api/redacted-log.ts'
import { signIn } from './api/sign-in.ts'
import { createSlackApi } from './api/web-api.ts'
import { limits } from './limits.ts'
import { createEphemeralMessages } from './messages/ephemeral.ts'
import { createFileTransfer } from './messages/file-transfer.ts'
import { createMessages } from './messages/messages.ts'
import { createPost, type Post } from './post.ts'
import { listen } from './receive.ts'
import { AckingApp } from './transport/acking-app.ts'
import { httpTransport } from './transport/http-transport.ts'
import { socketTransport } from './transport/socket-transport.ts'
import type { Transport } from './transport/transport.ts'
import { createWorkspace, type Workspace } from './workspace.ts'

export interface SlackOptions {
  /** SLACK_BOT_TOKEN */
  readonly token: string
  /** SLACK_APP_TOKEN: Socket Mode. */
  readonly appToken?: string
  /** SLACK_SIGNING_SECRET: HTTP, where there is no app token. */
  readonly signingSecret?: string
  /** Ids of people who run this bot. */
  readonly operators?: readonly string[]
  /** Of the HTTP transport; 0 takes any. */
  readonly port?: number
  readonly host?: string
  readonly apiUrl?: string
  /** Where Slack keeps people's files: the token goes nowhere else. */
  readonly filesUrl?: string
  readonly log?: RedactedLog
  /** What takes longer, such as the preview of a style, does not keep the process from ending. */
  readonly stopMs?: number
}

const usualStopMs = 10_000

export function createSlack(options: SlackOptions): Platform {
  const { token, appToken, signingSecret, apiUrl = 'https://slack.com/api/', filesUrl = 'https://files.slack.com/' } = options
  const log = withoutSecrets(options.log ?? silent, [token, appToken ?? '', signingSecret ?? ''])
  const api = createSlackApi({ token, url: apiUrl, log })
  const files = createFileTransfer({ api, token, filesUrl, log })
  let transport: Transport | undefined
  let app: AckingApp | undefined
  let post: Post | undefined
  let workspace: Workspace | undefined

  function running(): Post {
    if (!post) throw new Error('Slack was not started')
    return post
  }

  return {
    name: 'slack',
    limits,
    async start(receiver) {
      const opening = transportFor(options, log)
      const identity = await signIn(api, token, log)
      const { botId, botUser: botUserId, team: teamId, teamName, name } = identity
      workspace = createWorkspace(api, identity, log)
      const messages = createMessages({ api, files, botUser: botUserId, log })
      post = createPost({ api, messages, ephemeral: createEphemeralMessages(api, log), identity, log })
      app = new AckingApp(
        {
          receiver: opening.receiver,
          authorize: async () => ({ botToken: token, botId, botUserId, teamId }),
          clientOptions: { slackApiUrl: apiUrl },
          convoStore: false,
          logger: libraryLogger(log),
        },
        log,
      )
      listen(app, { receiver, workspace, identity, post, operators: new Set(options.operators), log })
      const way = await opening.open()
      transport = opening
      return `Slack: @${name} in ${teamName}, by ${way}.`
    },
    async stop() {
      transport?.shut()
      await withTimeout(options.stopMs ?? usualStopMs, app?.drain() ?? Promise.resolve(), () => undefined)
      await transport?.close()
      transport = undefined
    },
    trouble: () => (transport ? (transport.trouble() ?? api.trouble()) : 'Slack is not started'),
    // Slack's own three seconds are met on arrival; the token posts for as long as it takes
    async acknowledge() {},
    post: async (address, outgoing) => running().post(address, outgoing),
    postEphemeral: async (address, outgoing) => running().postEphemeral(address, outgoing),
    edit: async (posted, outgoing) => running().edit(posted, outgoing),
    remove: async (posted) => running().remove(posted),
    open: async (address, form) => running().open(address, form),
    namesOf: async (ids, reader) => workspace?.namesOf(ids, reader) ?? new Map(),
    async filesNear(address) {
      const { channel, thread } = readAddress(address)
      return thread === undefined ? [] : ((await workspace?.filesIn(channel, thread)) ?? [])
    },
    fetchFile: (attachment, signal) => files.fetch(attachment, signal),
  }
}

/** @throws UserError slack-way-missing, and what the transports throw */
function transportFor(
  { appToken, signingSecret, apiUrl = 'https://slack.com/api/', port = 3000, host = '0.0.0.0' }: SlackOptions,
  log: RedactedLog,
): Transport {
  if (appToken) return socketTransport({ appToken, apiUrl, log })
  if (signingSecret) return httpTransport({ signingSecret, port, host, log })
  const sentence =
    'Slack needs SLACK_APP_TOKEN besides SLACK_BOT_TOKEN: generate an app-level token (xapp-…) with the scope connections:write ' +
    "on the app's page, Basic Information. (Or SLACK_SIGNING_SECRET, where Slack can call this machine.)"
  throw new UserError('slack-way-missing', sentence)
}
