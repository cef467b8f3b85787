// The /styles command: the looks there are, each with an example; and what those who manage them can do.

import { action, commandGroup, commandText, maxCommandChars, type Reply, type StyleSummary, say } from '../src/chat/contract/command.ts'
import { addStyle } from './style-add.ts'
import { editStyle } from './style-edit.ts'
import {
  keepStyle,
  previewStyle,
  publishStyle,
  quarantineStyle,
  removeStyle,
  renameStyle,
  rollbackStyle,
  whoStyle,
} from './style-manage.ts'
import { trainStyle } from './style-train.ts'

const perPage = 5

export const styles = commandGroup({
  name: 'styles',
  help: 'The looks there are, with examples',
  managing: 'Add looks, change them, offer them to everybody or take them away',
  actions: {
    browse: action({
      help: 'Show the styles, or find one',
      private: true,
      options: {
        search: { kind: 'text', help: 'Part of a name', maxChars: 100, rest: true, complete: 'style' },
        page: { kind: 'integer', help: 'Which page', min: 1, max: 1000, default: 1 },
      },
      async run({ values, context }): Promise<Reply> {
        const all = values.search === undefined ? await context.styles.list() : await context.styles.search(values.search, 100)
        if (all.length === 0)
          return { kind: 'text', text: values.search ? say('styles-none-like', { search: values.search }) : say('styles-none') }
        const from = Math.min((values.page - 1) * perPage, Math.floor((all.length - 1) / perPage) * perPage)
        const page = all.slice(from, from + perPage)
        const more = commandText('styles browse', { page: from / perPage + 2, search: values.search })
        return {
          kind: 'text',
          text: say('styles-list', { total: all.length, example: page[0]!.name }),
          items: page.map((style) => ({ title: style.name, text: style.about, picture: { style: style.name }, buttons: tryIt(style) })),
          ...(from + perPage < all.length && more.length <= maxCommandChars && { buttons: [{ label: say('button-more'), command: more }] }),
        }
      },
    }),
    add: addStyle,
    train: trainStyle,
    edit: editStyle,
    preview: previewStyle,
    publish: publishStyle,
    keep: keepStyle,
    quarantine: quarantineStyle,
    rename: renameStyle,
    remove: removeStyle,
    rollback: rollbackStyle,
    who: whoStyle,
  },
})

/** A text too long for a button would be another prompt when cut: then there is no button. */
function tryIt(style: StyleSummary) {
  const command = commandText('animate', { prompt: style.example, style: style.name })
  return command.length <= maxCommandChars ? [{ label: say('button-try'), emoji: '🎲', command }] : []
}
