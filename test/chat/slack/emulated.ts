// The state of the Slack server: a workspace with four users, three channels and the app, kept by `emulate`.

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { createEmulator } from 'emulate'
import { neededScopes, usefulScopes } from '../../../src/chat/slack/api/scopes.ts'
import type { JsonObject } from './calls.ts'

export const token = 'xoxb-1111-2222-real'
export const appToken = 'xapp-1-A111-2222-real'
export const signingSecret = '8f742231b10e8888abcd99000111285a'
export const tester = 'xoxp-tester'

export const allScopes = [...neededScopes, ...Object.keys(usefulScopes)]

/** @param url where the files that it hands out are found */
export async function startState(url: string) {
  const port = await freePort()
  const behind = `http://127.0.0.1:${port}`
  const emulator = await createEmulator({
    service: 'slack',
    port,
    baseUrl: url,
    seed: {
      slack: {
        team: { name: 'Reels', domain: 'reels' },
        users: [
          { name: 'ann', real_name: 'Ann' },
          { name: 'bob', real_name: 'Bob' },
          { name: 'root', real_name: 'Root', is_admin: true },
          { name: 'operator', real_name: 'Op' },
        ],
        channels: [{ name: 'animations' }, { name: 'elsewhere' }, { name: 'secret', is_private: true }],
        oauth_apps: [
          {
            client_id: '1.2',
            client_secret: 's',
            app_id: 'A00000001',
            name: 'zoetrope',
            redirect_uris: [],
            scopes: allScopes,
            bot_id: 'B0ZOETROPE',
            bot_user_id: 'U0ZOETROPE',
            bot_name: 'zoetrope',
          },
        ],
        strict_scopes: true,
        tokens: [
          {
            token,
            user_id: 'U0ZOETROPE',
            bot_id: 'B0ZOETROPE',
            bot_user_id: 'U0ZOETROPE',
            app_id: 'A00000001',
            scopes: [...allScopes, 'channels:join'],
          },
          { token: tester, user: 'root', scopes: ['users:read', 'channels:read', 'channels:history', 'groups:read'] },
        ],
      },
    },
  })
  async function state(method: string, args: JsonObject, as = token): Promise<JsonObject> {
    const response = await fetch(`${behind}/api/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json' },
      body: JSON.stringify(args),
    })
    return (await response.json()) as JsonObject
  }

  return { behind, state, stop: () => emulator.close() }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
