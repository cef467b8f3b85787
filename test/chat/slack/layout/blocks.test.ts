// Block Kit: messages and modals of any content, within what the limits allow: Slack takes them, nobody is pinged, and the words are there.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { commands } from '../../../../commands/index.ts'
import type { Outgoing } from '../../../../src/chat/contract/outgoing.ts'
import { formOf, formReplyOf } from '../../../../src/chat/input/form.ts'
import { locales } from '../../../../src/chat/locales/locales.ts'
import { redacted } from '../../../../src/chat/slack/api/redacted-log.ts'
import { contentOf, hashOf } from '../../../../src/chat/slack/layout/blocks.ts'
import { filledIn, readMetadata, viewOf } from '../../../../src/chat/slack/layout/modal.ts'
import { escaped, fromMetadata, plain, toMetadata, unescaped } from '../../../../src/chat/slack/layout/mrkdwn.ts'
import { limits } from '../../../../src/chat/slack/limits.ts'
import { readable } from '../../../../src/chat/slack/transport/socket-envelopes.ts'
import { blockFaults, pingsOf, viewFaults } from '../block-rules.ts'

const text = (maxLength: number) =>
  fc
    .oneof(fc.string({ maxLength, unit: 'grapheme' }), fc.constantFrom('<!channel> <@U1> @here &amp; <b>', '*_~`:smile:\n> x', ''))
    .map((one) => one.slice(0, maxLength))
const bytes = fc.uint8Array({ maxLength: 8 })
const picture = fc.record({
  bytes,
  format: fc.constantFrom('gif', 'webp', 'mp4'),
  width: fc.constant(8),
  height: fc.constant(8),
  fileName: fc.constant('z.gif'),
  alt: text(300),
})
const buttons = (max: number) =>
  fc.array(
    fc.record({
      label: text(20),
      command: text(100).map((one) => `a${one}`.slice(0, 100)),
      style: fc.constantFrom('usual', 'main', 'danger'),
    }),
    { maxLength: max },
  )
const outgoings = fc.record(
  {
    audience: fc.constantFrom('everyone', 'asker', 'direct'),
    tone: fc.constantFrom('plain', 'waiting', 'running', 'done', 'failed', 'refused', 'cancelled', 'expired'),
    text: text(limits.textChars),
    quote: text(limits.quoteChars),
    facts: fc.array(fc.record({ label: text(30), value: text(limits.factChars) }), { maxLength: limits.facts }),
    progress: fc.record({ done: fc.double({ min: -1, max: 2, noNaN: true }), text: text(limits.factChars) }),
    picture,
    items: fc.array(fc.record({ title: text(limits.factChars), text: text(limits.factChars), picture, buttons: buttons(5) }), {
      maxLength: limits.items,
    }),
    buttons: buttons(limits.buttons),
  },
  { requiredKeys: ['audience', 'tone', 'text'] },
) as fc.Arbitrary<Outgoing>

describe('what Slack is shown', () => {
  test('any message within the limits is one that Slack takes, and pings nobody', () => {
    fc.assert(
      fc.property(outgoings, (outgoing) => {
        const pictures = [outgoing.picture, ...(outgoing.items ?? []).map((item) => item.picture)].filter((one) => one !== undefined)
        const content = contentOf(outgoing, new Map(pictures.map(({ bytes: one }, n) => [hashOf(one), `F0000000${n}`])))
        assert.deepEqual(blockFaults(content.blocks, 'message'), [])
        assert.equal(pingsOf({ ...content }), 0)
        assert.ok(content.text.length > 0 && content.text.length <= 40_000)
        if (outgoing.text) assert.ok(JSON.stringify(content.blocks).includes(JSON.stringify(outgoing.text).slice(1, -1)))
      }),
      { numRuns: 300 },
    )
  })

  test('the dialog of every command, in every language, is one that Slack takes', () => {
    const address = {
      team: 'T1',
      channel: 'C1',
      user: 'U1',
      direct: false,
      heardMs: 1,
      responseUrl: `https://hooks.slack.com/commands/${'x'.repeat(90)}`,
      trigger: 't',
    }
    let dialogs = 0
    for (const command of commands) {
      for (const action of Object.keys(command.actions)) {
        const asking = formReplyOf(command, action)
        if (!asking) continue
        for (const locale of locales) {
          const view = viewOf(formOf(asking, commands, locale), address)
          assert.deepEqual(viewFaults(view as unknown as Record<string, unknown>), [], `${command.name} ${action}`)
          const back = readMetadata(view.private_metadata!)
          assert.deepEqual(
            { command: back?.command, action: back?.action, channel: back?.address.channel },
            { command: command.name, action: action || undefined, channel: 'C1' },
          )
          assert.ok(!view.private_metadata!.includes('"trigger"'))
          dialogs++
        }
      }
    }
    assert.ok(dialogs > 0)
  })

  test('fields hold what fits them, whatever stood there', () => {
    const options = commands.find(({ name }) => name === 'animate')!.actions['']!.options
    const address = { team: 'T1', channel: 'C1', user: 'U1', direct: false, heardMs: 1 }
    fc.assert(
      fc.property(
        fc.record(
          Object.fromEntries(
            Object.keys(options).map((name) => [
              name,
              fc.oneof(text(200), fc.constantFrom('8', '0.5', '８', ' ', '\t', '0x1', 'wide', 'yes', '1e3', '-1')),
            ]),
          ),
        ),
        (values) => {
          const fields = Object.entries(options).map(([name, option]) => ({ name, option, label: name, value: values[name]! }))
          const view = viewOf({ title: 'T', command: 'animate', fixed: {}, submit: 'S', fields }, address)
          assert.deepEqual(viewFaults(view as unknown as Record<string, unknown>), [])
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('fields that were left empty are absent', () => {
    const values = {
      prompt: { prompt: { value: 'a cat' } },
      negative: { negative: { value: null } },
      style: { style: { selected_option: null } },
      aspect: { aspect: { selected_option: { value: 'wide' } } },
      steps: { steps: { value: '' } },
    }
    assert.deepEqual(filledIn(values), { prompt: 'a cat', aspect: 'wide' })
  })

  test('texts are as long as Slack allows after escaping, never empty, and come back as they were', () => {
    fc.assert(
      fc.property(text(200), fc.integer({ min: 5, max: 80 }), (one, max) => {
        const { text: laidOut } = plain(one, max)
        assert.ok(laidOut.length >= 1 && laidOut.length <= max)
        assert.ok(!/<[!@#]/.test(laidOut))
        assert.equal(unescaped(escaped(one)), one)
        // whether Slack escapes a button's value or not
        assert.equal(fromMetadata(toMetadata(one)), one)
        assert.equal(escaped(toMetadata(one)), toMetadata(one))
      }),
    )
  })

  test('what is logged has no tokens and no response URLs', () => {
    const said = 'xoxb-1-2-abc at https://hooks.slack.com/commands/T1/2/3 and wss://wss.slack.com/link/?ticket=9, xapp-1-A1-b, s3cret'
    assert.equal(redacted(said, ['s3cret', '']), '[token] at https://hooks.slack.com/… and wss://wss.slack.com/… [token], [secret]')
  })

  test('envelopes that would end the client only acknowledge; what has nothing to acknowledge is dropped', () => {
    const acknowledging = (envelope: object) => readable(JSON.stringify({ envelope_id: 'e1', ...envelope }))
    const empty = JSON.stringify({ type: 'interactive', envelope_id: 'e1', payload: {} })
    for (const type of ['close', 'disconnected', 'ws_message', 'error', 'slack_event', 'whatever']) {
      assert.equal(acknowledging({ type, payload: {} }), empty)
      assert.equal(acknowledging({ type: 'events_api', payload: { event: { type } } }), empty, type)
    }
    for (const payload of [undefined, null, {}, { event: null }, { event: { type: 7 } }])
      assert.equal(acknowledging({ type: 'events_api', payload }), empty)
    for (const data of ['', 'x', 'null', '[]', '{"type":"interactive"}', new ArrayBuffer(2)]) assert.equal(readable(data), undefined)
    for (const whole of [
      { type: 'hello' },
      { type: 'disconnect', reason: 'warning' },
      { type: 'slash_commands', envelope_id: 'e', payload: {} },
    ]) {
      assert.equal(readable(JSON.stringify(whole)), JSON.stringify(whole))
    }
    const reaction = JSON.stringify({ type: 'events_api', envelope_id: 'e', payload: { event: { type: 'reaction_added' } } })
    assert.equal(readable(reaction), reaction)
  })
})
