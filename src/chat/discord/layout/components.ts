// Components: buttons and what stands in for them: rows of five, or a list to choose from where a message would have too many parts.

import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIComponentInMessageActionRow,
  type APISelectMenuOption,
  ButtonStyle,
  ComponentType,
} from 'discord.js'
import type { Button, Item } from '../../contract/outgoing.ts'
import { shortened } from '../../contract/plain-text.ts'

export type ButtonRow = APIActionRowComponent<APIComponentInMessageActionRow>

/** Gives each command once: Discord refuses a message in which one comes twice. */
export function uniqueCommands(): (button: Button) => boolean {
  const taken = new Set<string>()
  return ({ command }) => {
    if (command.length > 100 || taken.has(command)) return false
    taken.add(command)
    return true
  }
}

export function buttonRows(buttons: readonly Button[]): ButtonRow[] {
  return inGroups(buttons.map(buttonOf), 5).map((components) => ({ type: ComponentType.ActionRow, components }))
}

export function buttonOf({ label, emoji, command, style }: Button): APIButtonComponentWithCustomId {
  return {
    type: ComponentType.Button,
    style: styles[style],
    label: shortened(label, 80),
    custom_id: command,
    ...(emoji && { emoji: { name: emoji } }),
  }
}

const styles = { usual: ButtonStyle.Secondary, main: ButtonStyle.Primary, danger: ButtonStyle.Danger } as const

/** All buttons of all items as lists. What is chosen comes back like a button. */
export function listsOf(items: readonly Item[], unique: (button: Button) => boolean): ButtonRow[] {
  const options = items.flatMap(({ title, buttons = [] }) => buttons.filter(unique).map((button) => optionOf(button, title)))
  return inGroups(options, 25).map((group, n) => ({
    type: ComponentType.ActionRow,
    components: [{ type: ComponentType.StringSelect, custom_id: `${listId}${n}`, options: group }],
  }))
}

/** No command begins so. */
export const listId = '/list'

function optionOf({ label, emoji, command }: Button, title: string): APISelectMenuOption {
  return {
    label: shortened(label, 100),
    value: command,
    description: shortened(title, 100) || '…',
    ...(emoji && { emoji: { name: emoji } }),
  }
}

function inGroups<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size))
}
