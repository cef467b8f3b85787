// The /privacy command: what is kept about a person: told, handed out, deleted.

import { action, commandGroup, type Reply, say } from '../src/chat/contract/command.ts'

export const privacy = commandGroup({
  name: 'privacy',
  help: 'What is kept about you: see it, get it, delete it',
  actions: {
    about: action({
      help: 'What is kept about you, and for how long',
      private: true,
      options: {},
      run: ({ context }): Reply => ({ kind: 'text', text: say('privacy-about', { days: context.privacy.retentionDays() }) }),
    }),
    export: action({
      help: 'Get everything that is kept about you',
      private: true,
      options: {},
      async run({ context }): Promise<Reply> {
        const bytes = new TextEncoder().encode(await context.privacy.exported())
        return {
          kind: 'text',
          text: say('privacy-exported'),
          file: { bytes, mediaType: 'application/json', fileName: 'zoetrope-export.json' },
        }
      },
    }),
    delete: action({
      help: 'Delete your requests, animations and defaults for good',
      private: true,
      options: { confirm: { kind: 'flag', help: 'Yes, everything' } },
      async run({ values, context }): Promise<Reply> {
        if (!values.confirm) {
          const command = 'privacy delete confirm:yes'
          return {
            kind: 'text',
            text: say('privacy-confirm'),
            buttons: [{ label: say('button-confirm-delete'), command, style: 'danger' }],
          }
        }
        const { animations } = await context.privacy.forget()
        return { kind: 'text', text: say('privacy-deleted', { animations }) }
      },
    }),
  },
})
