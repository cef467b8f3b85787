// Examples of what /animate can be asked besides words and sizes; /help shows each with the loop that came of it.

import type { CommandContext } from '../src/chat/contract/command.ts'
import { type ReplyItem, say } from '../src/chat/contract/command.ts'

export const exampleNames = ['loop', 'seconds', 'travel', 'guidance', 'strength'] as const
export type ExampleName = (typeof exampleNames)[number]

/** As typed; at most 100 characters, so that a button may hold it. */
export const examples: Readonly<Record<ExampleName, string>> = {
  loop: 'animate a red rocket flying in the night sky loop:ping-pong seed:5',
  seconds: 'animate a blue boat rocking over the sea seconds:4 seed:3',
  travel: 'animate prompt:"0: a red ball in a meadow | 8: a blue ball in a meadow" seed:4',
  guidance: 'animate a pink heart beating in the snow guidance-travel:"0: 1 | 8: 8" seed:6',
  strength: 'animate a blue boat rocking over the sea style:sepia strength-travel:"0: 0 | 8: 1" seed:7',
}

export function exampleItems(context: Pick<CommandContext, 'exampleOf'>): Promise<ReplyItem[]> {
  return Promise.all(
    exampleNames.map(async (name): Promise<ReplyItem> => {
      const animation = await context.exampleOf(name)
      return {
        title: say(`example-${name}`),
        text: `/${examples[name]}`,
        ...(animation && { picture: { animation } }),
        buttons: [{ label: say('button-try'), emoji: '🎲', command: examples[name] }],
      }
    }),
  )
}
