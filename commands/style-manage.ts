// Actions of /styles for one style: whether it is offered, under which name, and what happened to it.

import { action, commandText, type Reply, type StyleCard, say } from '../src/chat/contract/command.ts'
import { pictureFormat, styleName } from './style-add.ts'
import { cardFacts, pictureItems, previewButton, settingsOf, undoButton } from './style-card.ts'

const options = { name: styleName } as const

export const previewStyle = action({
  help: 'Draw its example with the style and without',
  manager: true,
  private: true,
  options,
  async run({ values, context }): Promise<Reply> {
    const { card } = await context.styleAdmin.record(values.name)
    const preview = await context.styleAdmin.preview(values.name, pictureFormat(context))
    if (!preview) return { kind: 'text', text: say('style-shown-later', { name: card.name }), buttons: [previewButton(card)] }
    return { kind: 'text', text: say('style-shown', { name: card.name }), items: pictureItems(card, preview), facts: cardFacts(card) }
  },
})

export const publishStyle = action({
  help: 'Offer a style to everybody here; what operators publish, everywhere',
  manager: true,
  private: true,
  options,
  async run({ values, context }): Promise<Reply> {
    const card = await context.styleAdmin.set(values.name, 'published')
    const { name, example } = card
    const command = commandText('animate', { prompt: example, style: name })
    return {
      kind: 'text',
      text: say('style-published', { name, where: say(card.where) }),
      buttons: [...(example !== '' && command.length <= 100 ? [{ label: say('button-try'), emoji: '🎲', command }] : []), undoButton(card)],
    }
  },
})

export const keepStyle = action({
  help: 'Offer a style to admins alone',
  manager: true,
  private: true,
  options,
  async run({ values, context }): Promise<Reply> {
    const { card } = await context.styleAdmin.record(values.name)
    const kept = card.state === 'admins' ? card : await context.styleAdmin.set(values.name, 'kept')
    return { kind: 'text', text: say('style-kept', { name: kept.name }), buttons: [publishButton(kept)] }
  },
})

export const quarantineStyle = action({
  help: 'Let nobody use a style until it is published again',
  manager: true,
  private: true,
  options,
  async run({ values, context }): Promise<Reply> {
    const card = await context.styleAdmin.set(values.name, 'quarantined')
    return { kind: 'text', text: say('style-quarantined', { name: card.name }), buttons: [publishButton(card)] }
  },
})

export const renameStyle = action({
  help: 'Call a style something else; the old name goes on',
  manager: true,
  private: true,
  options: { ...options, to: { kind: 'text', help: 'The new name', required: true, maxChars: 40 } },
  async run({ values, context }): Promise<Reply> {
    const card = await context.styleAdmin.rename(values.name, values.to)
    return { kind: 'text', text: say('style-changed', { name: card.name, changes: card.changed.join('; ') }), buttons: [undoButton(card)] }
  },
})

export const removeStyle = action({
  help: 'Take a style away; rollback brings it back',
  manager: true,
  private: true,
  options: { ...options, forget: { kind: 'flag', help: 'With its files, for good' } },
  async run({ values, context }): Promise<Reply> {
    const card = await context.styleAdmin.remove(values.name, values.forget ?? false)
    const { name } = card
    if (values.forget) return { kind: 'text', text: say('style-forgotten', { name }) }
    return { kind: 'text', text: say('style-removed', { name }), buttons: [undoButton(card)] }
  },
})

export const rollbackStyle = action({
  help: 'Make a style what it was before',
  manager: true,
  private: true,
  options: {
    ...options,
    to: { kind: 'integer', help: 'After which change, as who lists them; before the last otherwise', min: 0, max: 1e9 },
  },
  async run({ values, context }): Promise<Reply> {
    const card = await context.styleAdmin.rollback(values.name, values.to)
    return {
      kind: 'text',
      text: say('style-changed', { name: card.name, changes: card.changed.join('; ') }),
      facts: cardFacts(card),
      buttons: [undoButton(card)],
    }
  },
})

export const whoStyle = action({
  help: 'Who added and changed a style, when, from where, under which licence',
  manager: true,
  private: true,
  options,
  async run({ values, context }): Promise<Reply> {
    const { card, changes } = await context.styleAdmin.record(values.name)
    const able = context.gpuHosts.list().length === 0 ? undefined : await context.gpuHosts.able(card.name)
    const known = cardFacts(card, await settingsOf(card, context))
    const hosts = able && { label: say('fact-hosts'), value: able.join(', ') || say('none') }
    return {
      kind: 'text',
      text: say('style-record', { name: card.name }),
      facts: hosts ? [...known, hosts] : known,
      items: changes.map(({ number, atMs, by, what }) => ({
        title: say('style-change', {
          number,
          when: `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
          by,
          what: what.join('; '),
        }),
        buttons:
          number === changes[0]?.number
            ? []
            : [{ label: say('button-back-here'), command: commandText('styles rollback', { name: card.name, to: number }) }],
      })),
    }
  },
})

const publishButton = ({ name }: StyleCard) => ({ label: say('button-publish'), command: commandText('styles publish', { name }) })
