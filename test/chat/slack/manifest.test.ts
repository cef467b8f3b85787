// App manifests: what the app asks Slack for is what the code uses: commands, scopes, events. Lengths as Slack's manifest reference states
// them.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { commands } from '../../../commands/index.ts'
import { neededScopes, usefulScopes } from '../../../src/chat/slack/api/scopes.ts'
import { catchAllCommand } from '../../../src/chat/slack/receive.ts'

interface Manifest {
  readonly display_information: { readonly name: string; readonly description: string }
  readonly features: {
    readonly app_home: { readonly messages_tab_enabled: boolean; readonly messages_tab_read_only_enabled: boolean }
    readonly slash_commands: readonly { command: string; url?: string; description: string; usage_hint?: string; should_escape: boolean }[]
  }
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } }
  readonly settings: {
    readonly event_subscriptions: { readonly request_url?: string; readonly bot_events: readonly string[] }
    readonly interactivity: { readonly is_enabled: boolean; readonly request_url?: string; readonly message_menu_options_url?: string }
    readonly socket_mode_enabled: boolean
  }
}

const read = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, '../../../deploy', name), 'utf8')) as Manifest
const socket = read('slack-manifest.json')
const http = read('slack-manifest-http.json')

describe('the Slack manifest', () => {
  test('offers every command by its own name, but help, whose name is often taken, and all of them by one', () => {
    const offered = commands.filter(({ hidden, name }) => !hidden && name !== 'help').map(({ name }) => `/${name}`)
    const named = socket.features.slash_commands.map(({ command }) => command)
    assert.deepEqual([...named].sort(), [...offered, `/${catchAllCommand}`].sort())
    for (const { command, description, usage_hint = 'x', should_escape } of socket.features.slash_commands) {
      assert.match(command, /^\/[a-z-]{1,31}$/)
      assert.ok(description.length >= 1 && description.length <= 2000 && usage_hint.length >= 1 && usage_hint.length <= 1000)
      // so that #channels and @groups in /settings come with their ids
      assert.equal(should_escape, true)
      const declared = commands.find(({ name }) => `/${name}` === command)
      if (declared) assert.equal(description, declared.help)
    }
  })

  test('asks for the scopes that the code needs or can use, and no others', () => {
    assert.deepEqual([...socket.oauth_config.scopes.bot].sort(), [...neededScopes, ...Object.keys(usefulScopes)].sort())
  })

  test('subscribes to what is received, with interactivity, and lets people write to the bot', () => {
    assert.deepEqual(socket.settings.event_subscriptions.bot_events, ['app_mention', 'message.im', 'reaction_added'])
    assert.equal(socket.settings.interactivity.is_enabled, true)
    assert.equal(socket.features.app_home.messages_tab_enabled, true)
    assert.equal(socket.features.app_home.messages_tab_read_only_enabled, false)
    assert.ok(socket.display_information.name.length <= 35 && socket.display_information.description.length <= 140)
  })

  test('differs for HTTP in nothing but the address that Slack calls', () => {
    const url = 'https://zoetrope.example.org/slack/events'
    assert.equal(socket.settings.socket_mode_enabled, true)
    const expected = {
      ...socket,
      features: { ...socket.features, slash_commands: socket.features.slash_commands.map((one) => ({ ...one, url })) },
      settings: {
        ...socket.settings,
        event_subscriptions: { ...socket.settings.event_subscriptions, request_url: url },
        interactivity: { is_enabled: true, request_url: url, message_menu_options_url: url },
        socket_mode_enabled: false,
      },
    }
    assert.deepEqual(http, expected)
  })
})
