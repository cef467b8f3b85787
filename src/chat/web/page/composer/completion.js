// What can be put in where somebody types: commands, actions, options, values. The grammar is that of ../../parse.ts. Pure.

/** @import { OfferedAction, OfferedCommand, OfferedOption } from '../../page-json.ts' */

/**
 * @typedef {object} Suggestion
 * @property {string} insert
 * @property {string} label
 * @property {string} [help]
 * @property {number} from the stretch of the text that `insert` takes the place of
 * @property {number} to
 */

/**
 * @typedef {object} Completion
 * @property {readonly Suggestion[]} suggestions known here
 * @property {Ask} [ask] more are to be asked for
 * @property {boolean} choosing what stands there is not complete as it is: Enter takes the first
 */

/**
 * @typedef {object} Ask
 * @property {string} command
 * @property {string} action
 * @property {string} option
 * @property {string} typed
 * @property {number} from
 * @property {number} to
 * @property {boolean} raw words need no quotes there
 */

/** A sentence without a slash is drawn. */
const sentence = '/animate '

/**
 * @param {string} text
 * @param {number} caret
 * @param {readonly OfferedCommand[]} commands those that this person may use
 * @returns {Completion}
 */
export function completionAt(text, caret, commands) {
  if (text.trimStart().startsWith('/')) return within(text, caret, commands, 1)
  const shift = sentence.length
  const { suggestions, ask, choosing } = within(sentence + text, caret + shift, commands, 2)
  /** @param {{ from: number, to: number }} stretch */
  const back = ({ from, to }) => ({ from: from - shift, to: to - shift })
  return {
    suggestions: suggestions.map((one) => ({ ...one, ...back(one) })),
    choosing,
    // recent prompts would come up under every word of a sentence
    ...(ask && !ask.raw && { ask: { ...ask, ...back(ask) } }),
  }
}

/** What is sent for what was typed: a sentence is drawn, unless it begins with a command. @param {string} text @param {readonly OfferedCommand[]} commands */
export function spoken(text, commands) {
  const first = text.trim().split(/\s/)[0] ?? ''
  const isCommand = first.startsWith('/') || commands.some(({ name }) => name === first.toLowerCase())
  return isCommand ? text.trim() : `${sentence}${text.trim()}`
}

/**
 * @param {string} text
 * @param {number} caret
 * @param {readonly OfferedCommand[]} commands
 * @param {number} leastChars of an option's name before it is offered
 * @returns {Completion}
 */
function within(text, caret, commands, leastChars) {
  const words = wordsOf(text.slice(0, caret))
  const head = words[0]
  if (!head) return none
  if (head.to === caret) return commandsAt(head, commands)
  const command = commands.find(({ name }) => `/${name}` === head.text.toLowerCase())
  if (!command) return none
  const second = words[1]
  const several = command.actions.length > 1
  if (several && (!second || second.to === caret)) return actionsAt(second ?? { text: '', from: caret, to: caret }, command)
  const named = several ? command.actions.find(({ name }) => name === second?.text.toLowerCase()) : undefined
  const action = named ?? command.actions[0]
  if (!action) return none
  return optionsAt(text, caret, words.slice(named ? 2 : 1), command, action, leastChars)
}

/** @typedef {{ text: string, from: number, to: number }} Word */

/** @type {Completion} */
const none = { suggestions: [], choosing: false }

/** @param {Word} word @param {readonly OfferedCommand[]} commands @returns {Completion} */
function commandsAt({ text, from, to }, commands) {
  const typed = text.slice(1).toLowerCase()
  const offered = commands.filter(({ hidden }) => !hidden)
  const found = matching(offered, typed, ({ name }) => name)
  const suggestions = found.map(({ name, help }) => ({ insert: `/${name} `, label: `/${name}`, help, from, to }))
  return { suggestions, choosing: !commands.some(({ name }) => name === typed) }
}

/** @param {Word} word @param {OfferedCommand} command @returns {Completion} */
function actionsAt({ text, from, to }, command) {
  const typed = text.toLowerCase()
  const found = matching(command.actions, typed, ({ name }) => name)
  const suggestions = found.map(({ name, help }) => ({ insert: `${name} `, label: name, help, from, to }))
  return { suggestions, choosing: typed !== '' && !found.some(({ name }) => name === typed) }
}

/**
 * @param {string} text
 * @param {number} caret
 * @param {readonly Word[]} words after the command
 * @param {OfferedCommand} command
 * @param {OfferedAction} action
 * @param {number} leastChars
 * @returns {Completion}
 */
function optionsAt(text, caret, words, command, action, leastChars) {
  const rest = action.options.find(({ option }) => option.kind === 'text' && option.rest)
  const given = new Set()
  /** The option that the next word belongs to, and where its value began. */
  let open = rest
  let openFrom = -1
  for (const word of words) {
    const naming = namingIn(word, action.options)
    const last = word.to === caret
    if (naming) {
      given.add(naming.option.name)
      if (last) return valuesAt(text, naming.from, caret, naming.option, command, action)
      const goesOn = naming.option.option.kind === 'text' && rest !== undefined && given.has(rest.name)
      open = goesOn ? naming.option : rest
      openFrom = goesOn ? naming.from : -1
    } else {
      if (openFrom < 0) openFrom = word.from
      if (rest && open === rest) given.add(rest.name)
    }
  }
  const word = words.at(-1)
  const at = word && word.to === caret ? word : { text: '', from: caret, to: caret }
  const enough = at.text.length >= leastChars || words.length === 0
  const free = enough ? action.options.filter(({ name }) => !given.has(name) || name === at.text) : []
  const suggestions = matching(free, at.text.toLowerCase().replace(/^--/, ''), ({ name }) => name, true).map(({ name, help }) => ({
    insert: `${name}:`,
    label: `${name}:`,
    help,
    from: at.from,
    to: at.to,
  }))
  const asked = open && openFrom >= 0 && hasCompletion(open) ? ask(text, openFrom, caret, open, command, action) : undefined
  return { suggestions, choosing: false, ...(asked && { ask: asked }) }
}

/**
 * @param {string} text
 * @param {number} from
 * @param {number} to
 * @param {OfferedOption} offered
 * @param {OfferedCommand} command
 * @param {OfferedAction} action
 * @returns {Completion}
 */
function valuesAt(text, from, to, offered, command, action) {
  const typed = text.slice(from, to)
  const { option, labels } = offered
  if (option.kind === 'choice' || option.kind === 'flag') {
    const values = option.kind === 'choice' ? option.choices : ['yes', 'no']
    const found = matching(values, typed.toLowerCase(), (value) => value)
    const suggestions = found.map((value) => ({ insert: `${value} `, label: labels?.[value] ?? value, from, to }))
    return { suggestions, choosing: !values.includes(typed.toLowerCase()) }
  }
  if (!hasCompletion(offered)) return none
  const asked = ask(text, from, to, offered, command, action)
  return { suggestions: [], ask: asked, choosing: !asked.raw }
}

/** @param {string} text @param {number} from @param {number} to @param {OfferedOption} offered @param {OfferedCommand} command @param {OfferedAction} action @returns {Ask} */
function ask(text, from, to, { name, option }, command, action) {
  const raw = option.kind === 'text' && option.rest === true
  return { command: command.name, action: action.name, option: name, typed: text.slice(from, to).replace(/^"|"$/g, ''), from, to, raw }
}

/** What a value looks like in typed text. @param {string} value @param {boolean} raw */
export function quoted(value, raw) {
  const plain = raw ? !/["\\:“„「]|--/.test(value) : /^[^\s"“„「\\]+$/.test(value)
  return plain ? value : `"${value.replace(/[\\"]/g, '\\$&')}"`
}

/** @param {OfferedOption} offered */
function hasCompletion({ option }) {
  return option.kind === 'text' && option.complete !== undefined
}

/** @param {Word} word @param {readonly OfferedOption[]} options */
function namingIn({ text, from }, options) {
  const match = /^(?:--)?([a-z][a-z_-]*)[:=]/i.exec(text)
  const option = match && options.find(({ name }) => name === match[1]?.toLowerCase().replaceAll('_', '-'))
  return match && option ? { option, from: from + match[0].length } : undefined
}

/** Cut at spaces; what stands in quotes is kept together, also where they are not closed yet. @param {string} text @returns {Word[]} */
function wordsOf(text) {
  return [...text.matchAll(/(?:[^\s"]|"(?:[^"\\]|\\.)*(?:"|$))+/g)].map((match) => ({
    text: match[0],
    from: match.index,
    to: match.index + match[0].length,
  }))
}

/**
 * Those that begin with it, then those that have it inside.
 * @template T
 * @param {readonly T[]} all
 * @param {string} typed
 * @param {(one: T) => string} nameOf
 * @param {boolean} [beginning] only the first kind
 * @returns {T[]}
 */
function matching(all, typed, nameOf, beginning = false) {
  const starting = all.filter((one) => nameOf(one).startsWith(typed))
  return beginning ? starting : [...starting, ...all.filter((one) => !nameOf(one).startsWith(typed) && nameOf(one).includes(typed))]
}
