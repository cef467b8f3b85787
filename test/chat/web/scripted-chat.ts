// A scripted chat: what is asked for waits until the test says what becomes of it. Real messages, real pictures.

import assert from 'node:assert/strict'
import { commands } from '../../../commands/index.ts'
import type { Choice, Incoming } from '../../../src/chat/contract/incoming.ts'
import type { Outgoing, Picture } from '../../../src/chat/contract/outgoing.ts'
import type { Platform, Posted, Receiver } from '../../../src/chat/contract/platform.ts'
import { parse } from '../../../src/chat/input/parse.ts'
import { encode } from '../../../src/media/animation.ts'

/** One request on its way. */
export interface ScriptedJob {
  readonly prompt: string
  /** @param shown a picture, or how bright stripes are */
  progress(done: number, words: string, shown: number | Picture): Promise<void>
  finish(shown: number | Picture): Promise<void>
}

export interface ScriptedChat {
  readonly receiver: Receiver
  readonly received: Incoming[]
  readonly jobs: ScriptedJob[]
  platform: Platform | undefined
}

const labels: Readonly<Record<string, string>> = { prompt: 'Other words' }
const styles: readonly Choice[] = [
  { value: 'anime', label: 'anime · Dark outlines' },
  { value: 'sepia', label: 'sepia · An old photograph' },
]

export function createScriptedChat(): ScriptedChat {
  const received: Incoming[] = []
  const jobs: ScriptedJob[] = []
  const chat: ScriptedChat = {
    received,
    jobs,
    platform: undefined,
    receiver: { receive, complete, current: async () => ({ 'max-frames': '24' }) },
  }

  async function receive(incoming: Incoming): Promise<void> {
    received.push(incoming)
    const platform = chat.platform!
    const { address } = incoming
    assert.notEqual(incoming.kind, 'reaction')
    if (incoming.kind === 'reaction') return
    const spoken = incoming.kind === 'text' ? parse(incoming.text, commands) : undefined
    const name = incoming.kind === 'command' ? incoming.command : spoken!.command.name
    const options = incoming.kind === 'command' ? incoming.options : spoken!.inputs
    if (name === 'again' && String(options['ask']) === 'yes') {
      const { options: declared } = commands.find((one) => one.name === 'again')!.actions['']!
      const values = { prompt: 'a red ball', negative: 'blur', style: 'sepia', seed: '7' }
      const fields = Object.entries(values).map(([name, value]) => ({ name, option: declared[name]!, label: labels[name] ?? name, value }))
      return platform.open(address, {
        title: 'Draw it with other words',
        command: 'again',
        fixed: { job: 'k3j9x' },
        submit: 'Draw',
        fields,
      })
    }
    if (name === 'animate' || name === 'again') return draw(incoming, String(options['prompt'] ?? 'once more'))
    await platform.post(address, { audience: 'asker', tone: 'plain', text: `You said /${name}.` })
  }

  async function draw({ address }: Incoming, prompt: string): Promise<void> {
    const common = { audience: 'everyone', quote: prompt } as const
    const cancel = { label: 'Cancel', emoji: '❌', command: 'cancel job:k3j9x', style: 'danger', for: 'owner' } as const
    // The page may show it before the post is answered: whoever sees it there finds its job.
    let posted: Promise<Posted> = chat.platform!.post(address, { ...common, tone: 'waiting', text: 'You are next.', buttons: [cancel] })
    const edit = async (outgoing: Outgoing) => {
      posted = posted.then(async (at) => (await chat.platform!.edit(at, outgoing)) ?? at)
      await posted
    }
    jobs.push({
      prompt,
      progress: async (done, text, shown) =>
        edit({ ...common, tone: 'running', text: 'Drawing', progress: { done, text }, picture: await pictureOf(shown), buttons: [cancel] }),
      finish: async (shown) =>
        edit({
          ...common,
          tone: 'done',
          text: 'Ann asked for this.',
          facts: [{ label: 'Seed', value: '18446744073709551615' }],
          picture: await pictureOf(shown),
          buttons: [
            { label: 'Again', emoji: '🎲', command: 'again job:k3j9x', style: 'main' },
            { label: 'Change words', emoji: '✏️', command: 'again job:k3j9x ask:yes', style: 'usual' },
            { label: 'Variation', emoji: '🎨', command: 'again job:k3j9x vary:yes', style: 'usual' },
            { label: 'Keep', emoji: '⭐', command: 'keep job:k3j9x toggle:yes', style: 'usual' },
            { label: 'Send me', emoji: '✉️', command: 'send job:k3j9x', style: 'usual' },
            { label: 'Delete', emoji: '❌', command: 'cancel job:k3j9x', style: 'danger', for: 'owner' },
          ],
        }),
    })
    await posted
  }

  async function complete({ option, typed }: { option: string; typed: string }): Promise<readonly Choice[]> {
    return option === 'style' ? styles.filter(({ value }) => value.startsWith(typed)) : []
  }

  return chat
}

const pictureOf = async (shown: number | Picture): Promise<Picture> => (typeof shown === 'number' ? loop(shown) : shown)

/** Stripes that wander: a small real animation. */
async function loop(light: number): Promise<Picture> {
  const [count, side] = [4, 64]
  const data = new Uint8Array(count * side * side * 3)
  for (let at = 0; at < data.length; at++) {
    const [frame, x] = [Math.floor(at / (side * side * 3)), Math.floor(at / 3) % side]
    data[at] = (x + frame * 8) % 32 < 16 ? light : 60 + (at % 3) * 40
  }
  const { bytes } = await encode({ count, width: side, height: side, data }, { format: 'webp', fps: 8 })
  return { bytes, format: 'webp', width: side, height: side, fileName: 'zoetrope-k3j9x.webp', alt: 'Animation: stripes' }
}
