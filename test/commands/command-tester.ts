// People who speak to a whole house in a room; gives what they see.

import assert from 'node:assert/strict'
import type { Circumstances } from '../../src/chat/contract/incoming.ts'
import type { Outgoing } from '../../src/chat/contract/outgoing.ts'
import type { Job } from '../../src/jobs/job.ts'
import { type FakeMessage, nameOf } from '../chat/fake-platform.ts'
import { newFolder, openTestChat, type TestChat, type TestChatOptions } from '../chat/test-chat.ts'

export interface CommandTester {
  readonly testChat: TestChat
  /** The one message that answers. */
  say(person: string, text: string, where?: Partial<Circumstances>): Promise<Outgoing>
  /** The job that this begins, once it has ended. */
  drawn(person: string, text: string, where?: Partial<Circumstances>): Promise<Job>
  press(person: string, label: string): Promise<Outgoing>
}

export async function createCommandTester(options: Partial<TestChatOptions> = {}): Promise<CommandTester> {
  const testChat = await openTestChat({ folder: newFolder(), ...options })
  const { fake, scheduler } = testChat
  let last: FakeMessage | undefined

  function answerTo(event: string): Outgoing {
    const answers = fake.messages().filter((message) => message.event === event)
    assert.equal(answers.length, 1)
    last = answers[0]!
    return last.outgoing
  }

  return {
    testChat,
    say: async (person, text, where) => answerTo(await fake.say(person, text, where)),
    async drawn(person, text, where) {
      const outgoing = answerTo(await fake.say(person, text, where))
      const id = /job:(\w+)/.exec(outgoing.buttons?.[0]?.command ?? '')?.[1]
      assert.ok(id, `'${text}' was answered: ${outgoing.text}`)
      await testChat.quiet()
      return scheduler.find(id)!
    },
    press: async (person, label) => answerTo(await fake.press(person, nameOf(fake, last!), label)),
  }
}

export function factsIn({ facts = [] }: Outgoing): Readonly<Record<string, string>> {
  return Object.fromEntries(facts.map(({ label, value }) => [label, value]))
}
