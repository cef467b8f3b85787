// The command of a button: draws what was asked about first, because it is far above what the model was made for.

import {
  type AnimationReply,
  type AnimationRequest,
  type CommandContext,
  command,
  type ModelSummary,
  type Reply,
  say,
} from '../src/chat/contract/command.ts'
import { UserError } from '../src/errors.ts'

export const confirm = command({
  name: 'confirm',
  help: 'Draw what you were asked about',
  hidden: true,
  options: { request: { kind: 'text', help: 'Which request', required: true, maxChars: 25 } },
  run({ values, context }) {
    const reply = context.pending.find(values.request)
    if (reply) return reply
    throw new UserError('question-gone', 'That question is no longer there: ask again.', {})
  },
})

/** A frame of so many times the model's own pixels, or so many times its usual work, is asked about. */
const mostPixels = 2.25
const mostWork = 4

/** The request, or the question whether it is meant. */
export function askedFirst(reply: AnimationReply, model: ModelSummary, context: CommandContext): Reply {
  const { request } = reply
  const pixels = (request.width * request.height) / (model.width * model.height)
  const work = workOf(request) / workOf(model)
  if (pixels <= mostPixels && work <= mostWork) return reply
  const size = ({ width, height }: { readonly width: number; readonly height: number }) => `${width} × ${height}`
  const why =
    pixels > mostPixels
      ? say('far-above-size', { size: size(request), usual: size(model), model: model.name })
      : say('far-above-work', { times: Math.round(work) })
  const ms = context.expectedMs(request)
  return {
    kind: 'text',
    audience: 'asker',
    text: ms === undefined ? say('far-above', { why }) : say('far-above-timed', { why, ms }),
    quote: request.prompt,
    buttons: [{ label: say('button-draw'), emoji: '🎲', command: `confirm request:${context.pending.keep(reply)}`, style: 'main' }],
  }
}

function workOf({
  width,
  height,
  frames,
  steps,
  count = 1,
}: Pick<AnimationRequest, 'width' | 'height' | 'frames' | 'steps' | 'count'>): number {
  return width * height * frames * steps * count
}
