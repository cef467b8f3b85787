// The page: says hello, builds its views, and keeps them with what the server tells.

/** @import { Form } from '../../contract/outgoing.ts' */
/** @import { Me, PageSetup, ShownMessage } from '../page-json.ts' */

import { createServer } from './api-client.js'
import { createComposer } from './composer/composer.js'
import { announce, el } from './element.js'
import { openDialog } from './forms/dialog.js'
import { createFrame } from './frame.js'
import { preferences } from './preferences.js'
import { openStream } from './stream.js'
import { speak, text } from './texts.js'
import { createChat } from './views/chat.js'
import { createGallery } from './views/gallery.js'
import { loadInto } from './views/loading.js'
import { createQueue } from './views/queue.js'
import { createSamples } from './views/samples.js'
import { createSettings } from './views/settings.js'
import { createStyles } from './views/styles.js'

/**
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {() => void} enter it is looked at from here on
 * @property {() => void} leave
 */

const server = createServer(() => preferences.locale, text)
const opening = el('main', { class: 'view' })
document.body.prepend(opening)
/** @type {{ setup: PageSetup, greeted: Me }} */
const { setup, greeted } = await new Promise((resolve) => {
  void loadInto(opening, async () => {
    const setup = await server.setup()
    // first of all, so that everything else is refused in the page's language
    speak(setup.texts)
    document.documentElement.lang = setup.language
    document.title = text('title')
    resolve({ setup, greeted: await server.hello() })
  })
})
opening.remove()
let me = greeted

/** Commands that this person may use. */
const commands = () =>
  setup.commands
    .map((command) => ({ ...command, actions: command.actions.filter(({ admin }) => me.admin || !admin) }))
    .filter(({ actions }) => actions.length > 0)

/**
 * Fails with why it was not taken; what is said to it comes in the chat.
 * @param {object} saying
 * @returns {Promise<string>} the event, by which its answer is known
 */
async function say(saying) {
  const { event, done } = await server.say(saying)
  const over = chat.expect(event)
  try {
    await done
  } finally {
    over()
  }
  return event
}

/** @param {string} command */
const press = async (command) => void (await say({ kind: 'text', text: command, silent: true }))
const actions = { press }
/** @param {object} saying */
const sayInChat = async (saying) => {
  await say(saying)
  frame.go('chat')
}
/** @param {object} saying */
const ask = async (saying) => chat.answerTo(await say(saying))

/** @param {Form} form */
const open = (form) => openDialog(form, server, sayInChat)
const chat = createChat({ server, actions, open, empty: createSamples(sayInChat) })
const composer = createComposer({ commands, server, say: sayInChat })

/** @type {View} */
const chatView = {
  element: el('section', { class: 'chat-view' }, el('h1', { class: 'unseen' }, text('chat')), chat.element, composer.element),
  enter() {
    chat.enter()
    // on a phone the keyboard would cover half of what one came to see
    if (matchMedia('(pointer: fine)').matches) composer.focus()
  },
  leave() {},
}
const settings = createSettings({
  server,
  me: () => me,
  become(changed) {
    const { admin } = me
    me = changed
    // what one may do is another now, and with it the buttons of every message
    if (admin !== me.admin) stream.restart()
  },
  commands,
  languages: setup.languages,
  language: setup.language,
  actions,
  ask,
})

const frame = createFrame({
  chat: chatView,
  queue: createQueue({ server, press, me: () => me }),
  gallery: createGallery({ server, press, ask: (command) => sayInChat({ kind: 'text', text: command, silent: true }) }),
  styles: createStyles({
    parts: { server, actions, ask },
    me: () => me,
    commands,
    write(words) {
      frame.go('chat')
      composer.write(words)
    },
  }),
  settings,
})

let wasOff = false
const stream = openStream(() => preferences.locale, {
  reset: () => chat.reset(),
  message: (/** @type {ShownMessage} */ message) => chat.show(message),
  caughtUp: (count) => chat.caughtUp(count),
  async again() {
    const { person } = await server.hello()
    if (person === me.person) return
    // the server has another memory than before: everything begins anew
    if (await isKnown(person)) return location.reload()
    stream.end()
    frame.end(text('cookies-needed'))
  },
  state(connected) {
    frame.offline(!connected)
    if (connected && wasOff) announce(text('online'))
    wasOff = !connected
  },
})

/**
 * Whether the server knows this browser by its cookie: one that keeps none is somebody new at each hello, and a reload would be the next. Of two
 * windows that become somebody new at once the later is both: so a second time is asked.
 * @param {string} person whom it has just become
 */
async function isKnown(person) {
  const second = await server.hello()
  return second.person === person || second.person === (await server.hello()).person
}
