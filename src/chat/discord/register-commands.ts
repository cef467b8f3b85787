// Registration of application commands: tells Discord what can be said, as one list that replaces the one before. An application with
// Activities has an Entry Point command besides, which Discord made and does not let a list leave out.

import { ApplicationCommandType, ApplicationIntegrationType, Routes } from 'discord.js'
import { z } from 'zod'
import { UserError } from '../../errors.ts'
import type { Command } from '../contract/command.ts'
import { commandsJson } from './application-commands.ts'
import { entryPointCodes } from './rest/error-codes.ts'
import { isRestError, type SendRestCall } from './rest/rest-calls.ts'

export interface Registered {
  /** Of the application. */
  readonly id: string
  /** For whom it can be installed: servers, people, or both. */
  readonly installs: readonly ApplicationIntegrationType[]
}

/** @throws UserError discord-entry-point; RestError */
export async function registerCommands(commands: readonly Command[], call: SendRestCall): Promise<Registered> {
  const { id, integration_types_config: config } = applicationSchema.parse(await call({ method: 'GET', path: Routes.currentApplication() }))
  const chosen = Object.keys(config ?? {}).map(Number)
  const installs = chosen.length > 0 ? chosen : [ApplicationIntegrationType.GuildInstall]
  const path = Routes.applicationCommands(id)
  const own = commandsJson(commands, installs)
  try {
    await call({ method: 'PUT', path, body: own })
  } catch (error) {
    if (!isRestError(error, entryPointCodes)) throw error
    const there = registeredSchema.parse(await call({ method: 'GET', path, query: { with_localizations: 'true' } }))
    await call({ method: 'PUT', path, body: [...own, ...there.filter(isEntryPoint).map(asItIs)] }).catch(refused)
  }
  return { id, installs }
}

function refused(error: unknown): never {
  if (!isRestError(error, entryPointCodes)) throw error
  const sentence =
    'Discord does not take the list of commands without the Entry Point command of your Activity: delete that command, or switch ' +
    'Activities off at https://discord.com/developers/applications (your application, Activities, Settings), then start again.'
  throw new UserError('discord-entry-point', sentence, {}, { cause: error })
}

function isEntryPoint({ type }: RegisteredCommand): boolean {
  return type === ApplicationCommandType.PrimaryEntryPoint
}

function asItIs({ description, default_member_permissions: permissions, ...command }: RegisteredCommand) {
  return {
    ...command,
    // its description may be empty, which only Discord itself may say
    ...(description && { description }),
    // Discord tells digits and wants a number
    ...(permissions !== undefined && { default_member_permissions: permissions === null ? null : Number(permissions) }),
  }
}

const applicationSchema = z.object({
  id: z.string(),
  integration_types_config: z.record(z.string(), z.unknown()).nullish(),
})

const registeredCommand = z.object({
  id: z.string(),
  type: z.number().default(1),
  name: z.string(),
  name_localizations: z.record(z.string(), z.string()).nullish(),
  description: z.string().optional(),
  handler: z.number().optional(),
  contexts: z.array(z.number()).nullish(),
  integration_types: z.array(z.number()).optional(),
  default_member_permissions: z.string().nullish(),
})

type RegisteredCommand = z.infer<typeof registeredCommand>

const registeredSchema = z.array(registeredCommand)
