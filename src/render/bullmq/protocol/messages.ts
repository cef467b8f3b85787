// A wire protocol: what bot and GPU hosts say to each other, each of it JSON that is signed. Sizes are bounded both ways.

import { z } from 'zod'
import { formats } from '../../../animation-format.ts'
import { type RequiredDrawSettings, requiredSettingNames } from '../../../draw-settings.ts'
import { closingSchema } from '../../../jobs/result-details.ts'
import type { Failure } from '../../local/protocol.ts'
import type { PortableRecipe } from '../../portable-recipe.ts'
import { deathCauses } from '../../process-died.ts'
import type { PortableTraining } from '../../training/portable-training.ts'
import type { TrainingSnapshot } from '../../training/training-snapshot.ts'
import { hostTakings } from '../host-takes.ts'

/** Raised with every change of what is said here that the other side would not understand. */
export const protocolVersion = 3

/** How often hosts announce themselves, and the bot looks. */
export const usualHeartbeatMs = 3000

const name = z.string().min(1).max(200)
const count = z.number().int().nonnegative()
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
/** A name within a folder: no way out of it, on no system. */
const relativePath = z
  .string()
  .max(300)
  .regex(/^[\w+ ()@=,.-]+(?:\/[\w+ ()@=,.-]+)*$/, 'a relative path')
  .refine((path) => path.split('/').every((part) => !/^\.+$/.test(part)), 'a path without dots alone')

/** Ids of hosts and runs: they become part of keys. */
const hostId = z.string().regex(/^[a-z0-9-]{1,80}$/)
const runId = z.string().regex(/^[\w-]{1,60}\.\d{1,3}$/)

const filesOfFolder = z.array(z.object({ path: relativePath, sha256, bytes: count })).max(1000)

export const fileContentSchema = z
  .object({ name: z.string().min(1).max(255), sha256, bytes: count, files: filesOfFolder.exactOptional() })
  .strict()

const snapshotSchema: z.ZodType<TrainingSnapshot> = fileContentSchema.extend({ files: filesOfFolder })

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

const note = z.object({ code: z.string(), message: z.string().max(4000), data: z.record(z.string(), z.unknown()) })

const failure: z.ZodType<Failure> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('refused'),
    code: z.string().max(100),
    message: z.string().max(4000),
    data: z.record(z.string(), z.unknown()),
  }),
  z.object({ kind: z.literal('bug'), message: z.string().max(4000), stack: z.string().max(20_000) }),
])

const animation = z.object({
  bytes: count,
  format: z.enum(formats),
  width: count,
  height: count,
  frames: count,
  fps: z.number(),
})

/** What became of an order: the return value of the BullMQ job. */
export const outcomeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('done'),
    run: runId,
    /** `bytes` in all: those of each of its cells stand behind its own. */
    animation: animation.extend({ sha256 }),
    cells: z
      .array(animation.extend({ closing: closingSchema.exactOptional(), note: note.exactOptional() }))
      .max(4)
      .exactOptional(),
    notes: z.array(note).max(100),
    closing: closingSchema.exactOptional(),
    stepMs: z.array(z.number()).max(2000),
    renderMs: z.number(),
    device: name,
  }),
  z.object({ kind: z.literal('warm'), run: runId }),
  z.object({ kind: z.literal('failed'), run: runId, failure }),
  /** The process that held the device, or trained, ended. */
  z.object({ kind: z.literal('died'), run: runId, cause: z.enum(deathCauses), how: z.string().max(300) }),
  /** Every step of a training is done. */
  z.object({ kind: z.literal('learned'), run: runId, snapshot: snapshotSchema }),
  /** The host stops, or was told to stop this. `snapshot`: a training goes on from there. */
  z.object({ kind: z.literal('stopped'), run: runId, snapshot: snapshotSchema.exactOptional() }),
  /** The host has no such file and could fetch none. */
  z.object({ kind: z.literal('missing'), run: runId, sha256: z.array(sha256).max(200), why: z.string().max(500) }),
])

export type RunOutcome = z.infer<typeof outcomeSchema>

export const progressSchema = z.object({
  run: runId,
  host: hostId,
  /** Rises within a run. */
  seq: count,
  stage: z.enum(['loading', 'denoising', 'decoding', 'encoding', 'training']),
  step: count,
  of: count,
  /** Of a training: something is drawn there. */
  pausing: z.literal(true).exactOptional(),
  /** Of a training: what it has come to. */
  snapshot: snapshotSchema.exactOptional(),
  loading: z.object({ share: z.number().min(0).max(1), leftMs: z.number().nonnegative() }).exactOptional(),
  /** In base64. */
  preview: z.string().max(400_000).exactOptional(),
})

export type WireProgress = z.infer<typeof progressSchema>

export const announcementSchema = z.object({
  host: hostId,
  /** As people call it. */
  name,
  version: name,
  protocol: count,
  /** Rises. */
  seq: count,
  /** The host goes, or takes nothing more. */
  state: z.enum(['up', 'draining', 'left']),
  takes: z.enum(hostTakings),
  /** One a slot of drawings, and of trainings: as far as it takes them. */
  devices: z
    .array(
      z.object({
        name,
        memoryBytes: count.exactOptional(),
        /** What it renders just now. */
        run: runId.exactOptional(),
        /** As `modelKeysOf` names them, the newest first. */
        warm: z.array(z.string().max(64)).max(16),
      }),
    )
    .max(64),
  /** Runs that were taken and have not ended, also such as fetch a file or wait for a device. */
  runs: z.array(runId).max(128),
  /** Of these, those that train. */
  trainings: z.array(runId).max(64),
  /** Contents that need not be sent. */
  installed: z.array(sha256).max(2000),
  stepTimes: z.array(z.object({ model: z.string().max(64), width: count, height: count, frames: count, stepMs: z.number() })).max(64),
})

export type HostAnnouncement = z.infer<typeof announcementSchema>

export const commandSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('cancel'), host: hostId, run: runId }),
  z.object({ do: z.literal('drain'), host: hostId }),
  z.object({ do: z.literal('resume'), host: hostId }),
])

export type HostCommand = z.infer<typeof commandSchema>

/** What outlives the bot: where a job is being rendered, or was last, and how many attempts were begun and lost. */
export const placementSchema = z.object({ id: name, attempt: count, host: hostId.exactOptional(), lost: count })

export type Placement = Omit<z.infer<typeof placementSchema>, 'id'>
