// Reactions: the four emoji that mean something, and how the platforms name them.

export type Reaction = 'die' | 'cross' | 'star' | 'letter'

export interface ReactionEmoji {
  readonly emoji: string
  /** Other emoji and short names (Slack's, without colons) that people take for the same. */
  readonly also: readonly string[]
  /** What it does, as the text of a command; `{job}` stands for the job's id. */
  readonly command: string
}

export const reactions: Readonly<Record<Reaction, ReactionEmoji>> = {
  die: { emoji: '🎲', also: ['game_die', '🔄', 'arrows_counterclockwise', '🔁', 'repeat'], command: 'again job:{job}' },
  cross: { emoji: '❌', also: ['x', '✖️', '✖', 'heavy_multiplication_x', '🗑️', '🗑', 'wastebasket'], command: 'cancel job:{job}' },
  star: { emoji: '⭐', also: ['star', '🌟', 'star2'], command: 'keep job:{job}' },
  letter: { emoji: '✉️', also: ['✉', 'envelope', 'email', '📩', 'envelope_with_arrow', '💌', 'love_letter'], command: 'send job:{job}' },
}

/** @param name an emoji, or a short name with or without a skin tone (`game_die::skin-tone-2`) */
export function reactionNamed(name: string): Reaction | undefined {
  return byName.get(name.replace(/::skin-tone-\d$/, ''))
}

/** The command that a reaction to the message of this job stands for. */
export function commandOfReaction(reaction: Reaction, job: string): string {
  return reactions[reaction].command.replace('{job}', job)
}

const byName = new Map<string, Reaction>(
  (Object.keys(reactions) as Reaction[]).flatMap((reaction) =>
    [reactions[reaction].emoji, ...reactions[reaction].also].map((name) => [name, reaction] as const),
  ),
)
