// A command tester: people speak to a whole test chat; gives what they see.

import assert from 'node:assert/strict'
import type { Circumstances } from '../../src/chat/contract/incoming.ts'
import type { Outgoing } from '../../src/chat/contract/outgoing.ts'
import type { Job } from '../../src/jobs/job.ts'
import { type FakeMessage, nameOf } from '../chat/fake-platform.ts'
import { newFolder, openTestChat, type TestChat, type TestChatOptions } from '../chat/test-chat.ts'

export interface CommandTester {
  readonly testChat: TestChat
  /** The one message that replies. */
  say(person: string, text: string, where?: Partial<Circumstances>): Promise<Outgoing>
  /** The job that this begins, once it has ended. */
  drawn(person: string, text: string, where?: Partial<Circumstances>): Promise<Job>
  press(person: string, label: string): Promise<Outgoing>
}

export async function createCommandTester(options: Partial<TestChatOptions> = {}): Promise<CommandTester> {
  const testChat = await openTestChat({ folder: newFolder(), ...options })
  const { fake, scheduler } = testChat
  let last: FakeMessage | undefined

  function replyTo(event: string): Outgoing {
    const replies = fake.messages().filter((message) => message.event === event)
    assert.equal(replies.length, 1)
    last = replies[0]!
    return last.outgoing
  }

  return {
    testChat,
    say: async (person, text, where) => replyTo(await fake.say(person, text, where)),
    async drawn(person, text, where) {
      const outgoing = replyTo(await fake.say(person, text, where))
      const id = /job:(\w+)/.exec(outgoing.buttons?.[0]?.command ?? '')?.[1]
      assert.ok(id, `'${text}' got the reply: ${outgoing.text}`)
      await testChat.quiet()
      return scheduler.find(id)!
    },
    press: async (person, label) => replyTo(await fake.press(person, nameOf(fake, last!), label)),
  }
}

export function factsIn({ facts = [] }: Outgoing): Readonly<Record<string, string>> {
  return Object.fromEntries(facts.map(({ label, value }) => [label, value]))
}
