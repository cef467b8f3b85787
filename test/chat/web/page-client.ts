// A page client: a browser without a page. It keeps its cookies and makes the calls that the page makes, over real HTTP.

import type { AnswerBody, Me, ShownMessage } from '../../../src/chat/web/page-json.ts'

export interface PageClient {
  readonly me: Me
  readonly origin: string
  /** Cookies as they are sent. */
  cookies(): string
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** Says something and waits until it has been received. */
  say(saying: Readonly<Record<string, unknown>>): Promise<Response>
  /** Everything that this person can see now, oldest first. */
  messages(): Promise<readonly ShownMessage[]>
  replies(): Promise<readonly (ShownMessage & { readonly body: AnswerBody })[]>
  bytes(path: string): Promise<Uint8Array>
}

let events = 0

export function newEvent(): string {
  events++
  return `event${events.toString(36).padStart(6, '0')}`
}

/** @param earlier the same person, on the bot that was there before */
export async function openPageClient(origin: string, earlier?: PageClient): Promise<PageClient> {
  const known = earlier?.cookies().split('; ').filter(Boolean) ?? []
  const jar = new Map(known.map((cookie) => cookie.split('=') as [string, string]))
  const cookies = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const call: PageClient['call'] = async (method, path, body, headers = {}) => {
    const attempt = () =>
      fetch(new URL(path, origin), {
        method,
        headers: { cookie: cookies(), ...(method !== 'GET' && { origin, 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
    // a connection that the server closed meanwhile is opened anew, as browsers do
    const response = await attempt().catch(attempt)
    for (const cookie of response.headers.getSetCookie()) {
      const [name, value] = cookie.split(';')[0]!.split('=') as [string, string]
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }
  const me = (await (await call('POST', '/api/hello')).json()) as Me
  const messages = async () => (await (await call('GET', '/api/messages?locale=en')).json()) as ShownMessage[]
  return {
    me,
    origin,
    cookies,
    call,
    say: (saying) => call('POST', '/api/say', { event: newEvent(), locale: 'en', ...saying }),
    messages,
    async replies() {
      return (await messages()).filter((one): one is ShownMessage & { body: AnswerBody } => one.body?.kind === 'answer')
    },
    async bytes(path) {
      const response = await call('GET', path)
      if (!response.ok) throw new Error(`${path}: ${response.status}`)
      return new Uint8Array(await response.arrayBuffer())
    },
  }
}

/** Files that go up together, and may hang on what is said then. */
export async function uploaded(
  client: PageClient,
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): Promise<{ upload: string }[]> {
  const { origin } = client
  const taken: { upload: string }[] = []
  for (const { name, bytes } of files) {
    const beside = taken[0] ? `&beside=${taken[0].upload}` : ''
    const response = await fetch(new URL(`/api/upload?name=${encodeURIComponent(name)}&locale=en${beside}`, origin), {
      method: 'POST',
      headers: { cookie: client.cookies(), origin, 'content-type': 'application/octet-stream' },
      body: Buffer.from(bytes),
    })
    if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`)
    taken.push((await response.json()) as { upload: string })
  }
  return taken
}
