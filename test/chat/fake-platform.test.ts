// The fake platform, held to what every platform must do: what passes on it can be believed.

import { type Harness, inAChannel, testPlatform } from '../suites/platform.ts'
import { createFakePlatform, type FakeMessage, type FakePlatform } from './fake-platform.ts'

testPlatform('the fake platform', async (receiver) => {
  let fake = createFakePlatform()
  await fake.platform.start(receiver)

  const harness: Harness = {
    circumstances: inAChannel,
    get platform() {
      return fake.platform
    },
    speak: async (person, command, options) => void (await fake.act(person, { kind: 'command', command, options })),
    press: async (person, message, label) => void (await fake.press(person, message, label)),
    react: async (person, message, mark) => void (await fake.react(person, message, mark)),
    opened: async (person) => {
      const form = fake.forms.get(person)
      return form && { title: form.title, values: Object.fromEntries(form.fields.map(({ name, value = '' }) => [name, value])) }
    },
    submit: async (person, values) => void (await fake.submit(person, values)),
    complete: (person, command, option, typed) => fake.complete(person, command, option, typed),
    seen: async (person) => fake.messages(person).map((message) => seenOf(fake, message)),
    pings: async () => 0,
    vanish: async (message) => fake.vanish(message),
    restart: async () => {
      await fake.platform.stop()
      fake = createFakePlatform({ from: fake })
      await fake.platform.start(receiver)
    },
    close: () => fake.platform.stop(),
  }
  return harness
})

function seenOf(fake: FakePlatform, { id, outgoing }: FakeMessage) {
  const { text, quote, facts = [], progress, items = [], buttons = [], picture, file } = outgoing
  const words = [
    text,
    quote,
    progress?.text,
    ...facts.flatMap(({ label, value }) => [label, value]),
    ...items.flatMap(({ title, text }) => [title, text]),
  ]
  return {
    message: `${fake.platform.name}-${id}`,
    text: words.filter(Boolean).join('\n'),
    pictures: [picture, ...items.map((item) => item.picture)].flatMap((one) => (one ? [one.bytes] : [])),
    files: file ? [file.bytes] : [],
    buttons: [...buttons, ...items.flatMap((item) => item.buttons ?? [])].map(({ label }) => label),
  }
}
