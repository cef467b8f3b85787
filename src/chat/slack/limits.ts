// Limits of Slack. Numbers without a source below are ours, chosen inside Slack's.

import type { PlatformLimits } from '../contract/platform.ts'

export const limits: PlatformLimits = {
  // a trigger lives so long; envelopes are acknowledged on arrival
  responseMs: 3000,
  // Slack takes a gigabyte; more than this starts to play late and weighs on everybody's client
  maxBytes: 8 * 1024 * 1024,
  // animated WebP is shown as a file, and an MP4 waits for a click
  formats: ['gif'],
  // a picture cannot be changed in a message, only a message for another
  previews: false,
  // chat.update is tier 3, 50 a minute and workspace; ends of requests need some of them
  edits: { perMinute: 40, per: 'space' },
  // all blocks of a message together have about 13,000 characters: these and the items with their buttons stay below
  textChars: 2000,
  quoteChars: 1000,
  factChars: 200,
  facts: 18,
  // 50 blocks, of which an item takes three
  items: 10,
  // an actions block has 25 elements
  buttons: 25,
  // of a select
  choices: 100,
}
