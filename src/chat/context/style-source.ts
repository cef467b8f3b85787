// A style source: the styles as the chat needs them, and as one person may use them. The catalog in src/styles is one.

import type { AvailableStyles, ModelSummary, StyleSummary } from '../contract/command-context.ts'
import type { ShownAnimation } from '../contract/outgoing.ts'

export interface StyleSource {
  list(space: string, admin: boolean): Promise<readonly StyleSummary[]>
  find(name: string, space: string, admin: boolean): Promise<StyleSummary | undefined>
  search(typed: string, space: string, admin: boolean, limit: number): Promise<readonly StyleSummary[]>
  /** @throws UserError unknown-style */
  model(name?: string): Promise<ModelSummary>
  /** Of its example, where one has been drawn; WebP where no format is named. */
  picture(name: string, format?: 'webp' | 'gif'): Promise<ShownAnimation | undefined>
}

export function stylesFor(source: StyleSource, space: string, admin: boolean): AvailableStyles {
  return {
    list: () => source.list(space, admin),
    find: (name) => source.find(name, space, admin),
    search: (typed, limit) => source.search(typed, space, admin, limit),
    model: (style) => source.model(style),
  }
}
