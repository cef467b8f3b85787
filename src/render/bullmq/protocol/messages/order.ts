// An order: what the bot asks of a host, one attempt to render, to load what rendering needs, or to train.

import { z } from 'zod'
import { formats } from '../../../../animation-format.ts'
import { type RequiredDrawSettings, requiredSettingNames } from '../../../../draw-settings.ts'
import type { PortableRecipe } from '../../../portable-recipe.ts'
import type { PortableTraining } from '../../../training/portable-training.ts'
import { fileContentSchema, hostId, name, runId, snapshotSchema } from './fields.ts'

/** Numbers; what they may be is checked where they are drawn, and refused there in a sentence. */
const requiredSettings = Object.fromEntries(requiredSettingNames.map((name) => [name, z.number()])) as {
  readonly [Name in keyof RequiredDrawSettings]: z.ZodNumber
}

const requestSchema = z.looseObject({
  prompt: z.string().max(20_000),
  negative: z.string().max(20_000),
  ...requiredSettings,
  seed: z.string().max(40),
  format: z.enum(formats),
})

const portableRecipeSchema = z
  .object({
    // Its other properties are as the bot has checked them: who can sign is the bot.
    request: requestSchema,
    prompt: z.string().max(40_000),
    negative: z.string().max(40_000),
    earlier: fileContentSchema.exactOptional(),
    pictures: z.array(fileContentSchema).max(128).exactOptional(),
    scale: z.number().exactOptional(),
    model: z
      .object({
        checkpoint: fileContentSchema,
        motion: fileContentSchema.exactOptional(),
        vae: fileContentSchema.exactOptional(),
        control: fileContentSchema.exactOptional(),
        loras: z
          .array(
            z
              .object({
                file: fileContentSchema,
                strength: z.number(),
                textStrength: z.number().exactOptional(),
                merged: z.boolean().exactOptional(),
              })
              .strict(),
          )
          .max(64),
        embeddings: z
          .array(z.object({ file: fileContentSchema, word: name }))
          .max(64)
          .exactOptional(),
      })
      .strict(),
  })
  .strict()

// The rest is as the bot has made it: who can sign is the bot.
const portableTrainingSchema = z.looseObject({
  kind: z.literal('lora'),
  data: fileContentSchema,
  model: z
    .object({ checkpoint: fileContentSchema, motion: fileContentSchema.exactOptional(), vae: fileContentSchema.exactOptional() })
    .strict(),
  steps: z.number().int().positive(),
})

const orderBase = z.object({
  run: runId,
  host: hostId,
  /** W3C Trace Context: under which trace the bot has filed it. */
  traceparent: z.string().max(80).exactOptional(),
})

/** The data of a BullMQ job: one attempt to render, to load what rendering needs, or to train. */
export const orderSchema = z.discriminatedUnion('kind', [
  orderBase.extend({
    kind: z.enum(['render', 'warm']),
    recipe: portableRecipeSchema,
    previewEveryMs: z.number().nonnegative().exactOptional(),
  }),
  orderBase.extend({
    kind: z.literal('train'),
    training: portableTrainingSchema,
    /** Of the file that is made. */
    outName: z.string().regex(/^[\w-]{1,60}\.safetensors$/),
    /** What it goes on from. */
    snapshot: snapshotSchema.exactOptional(),
  }),
])

type ReadOrder = z.infer<typeof orderSchema>

export interface RenderOrder extends Omit<Extract<ReadOrder, { kind: 'render' | 'warm' }>, 'recipe'> {
  readonly recipe: PortableRecipe
}

export interface TrainOrder extends Omit<Extract<ReadOrder, { kind: 'train' }>, 'training'> {
  readonly training: PortableTraining
}

export type Order = RenderOrder | TrainOrder
