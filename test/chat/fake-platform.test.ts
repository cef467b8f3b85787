import { type Harness, inAChannel, testPlatform } from '../suites/platform.ts'
import { createRoom, type Message, type Room } from './fake-platform.ts'

testPlatform('a room', async (receiver) => {
  let room = createRoom()
  await room.platform.start(receiver)

  const harness: Harness = {
    circumstances: inAChannel,
    get platform() {
      return room.platform
    },
    speak: async (person, command, options) => void (await room.act(person, { kind: 'command', command, options })),
    press: async (person, message, label) => void (await room.press(person, message, label)),
    react: async (person, message, mark) => void (await room.react(person, message, mark)),
    opened: async (person) => {
      const form = room.forms.get(person)
      return form && { title: form.title, values: Object.fromEntries(form.fields.map(({ name, value = '' }) => [name, value])) }
    },
    submit: async (person, values) => void (await room.submit(person, values)),
    complete: (person, command, option, typed) => room.complete(person, command, option, typed),
    seen: async (person) => room.messages(person).map((message) => seenOf(room, message)),
    pings: async () => 0,
    vanish: async (message) => room.vanish(message),
    restart: async () => {
      await room.platform.stop()
      room = createRoom({ from: room })
      await room.platform.start(receiver)
    },
    close: () => room.platform.stop(),
  }
  return harness
})

function seenOf(room: Room, { id, outgoing }: Message) {
  const { text, quote, facts = [], progress, items = [], buttons = [], picture, file, reactions = [] } = outgoing
  const words = [
    text,
    quote,
    progress?.text,
    ...facts.flatMap(({ label, value }) => [label, value]),
    ...items.flatMap(({ title, text }) => [title, text]),
  ]
  return {
    message: `${room.platform.name}-${id}`,
    text: words.filter(Boolean).join('\n'),
    pictures: [picture, ...items.map((item) => item.picture)].flatMap((one) => (one ? [one.bytes] : [])),
    files: file ? [file.bytes] : [],
    buttons: [...buttons, ...items.flatMap((item) => item.buttons ?? [])].map(({ label }) => label),
    reactions,
  }
}
