// What we say, in English. `{name}` is filled in, `{n#one|many}` chooses by number, `{ms~}` is a length of time in words.
// The keys are the keys of every language: a new one is a file like zh.ts and a line in locale.ts.

export const en = {
  // the life of a request
  'accepted-next': 'You are next.',
  'accepted-ahead': '{ahead} {ahead#animation is|animations are} before yours.',
  'wait-about': 'Ready in about {ms~}.',
  drawing: 'Drawing',
  'drawing-step': 'step {step} of {of}',
  'drawing-left': 'step {step} of {of}, {ms~} left',
  finishing: 'Finishing',
  'end-done': 'Here it is.',
  'end-failed': 'This could not be drawn: {reason}',
  'end-refused': 'This will not be drawn: {reason}',
  'end-cancelled': 'Cancelled.',
  'end-expired': 'This waited too long and was given up. Ask again with the button.',
  'end-gone': 'It was drawn, but the animation is no longer there.',
  'animation-alt': 'Animation: {prompt}',

  // facts and buttons
  'fact-style': 'Style',
  'fact-seed': 'Seed',
  'fact-size': 'Size',
  'fact-frames': 'Frames',
  'fact-steps': 'Steps',
  'fact-guidance': 'Guidance',
  'fact-negative': 'Without',
  'fact-id': 'Id',
  'frames-at': '{frames} at {fps}/s',
  'style-none': 'none',
  'button-again': 'Again',
  'button-vary': 'Variation',
  'button-longer': 'Longer',
  'button-words': 'Change words',
  'button-cancel': 'Cancel',
  'button-delete': 'Delete',
  'button-keep': 'Keep',
  'button-unkeep': 'Kept',
  'button-send': 'Send me',
  'button-try': 'Try it',
  'button-more': 'More',
  'button-draw': 'Draw',

  // refusals
  'unknown-command': "There is no command '{name}'.{hint} /help lists them.",
  'did-you-mean': " Did you mean '{name}'?",
  broken: 'Something broke, id {id}. It has been noted.',
} as const

export type SentenceKey = keyof typeof en
