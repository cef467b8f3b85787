// LoRAs that a prompt names by tags, <lora:name:0.8>: a style of that name, or a LoRA among the installed models.

import { parse } from 'node:path'
import type { LoraFile, ModelFiles } from '../../jobs/request.ts'
import { omitUndefined } from '../../omit-undefined.ts'
import { type PromptTag, promptTags, withoutTags } from '../../prompt-tags.ts'
import type { InstalledModel } from '../download/installed-models.ts'
import { foldName } from '../registry/style-names.ts'
import type { StyleCatalog } from './style.ts'

/** Paths by name. */
export type InstalledLoras = ReadonlyMap<string, string>

export const installedLoras = (models: readonly InstalledModel[]): InstalledLoras =>
  new Map(
    models
      .filter(({ kind }) => kind === 'lora' || kind === 'motion-lora' || kind === 'domain-adapter')
      .map(({ file, path }) => [foldName(parse(file).name), path]),
  )

export interface TaggedPrompt {
  /** Without the tags that were found. */
  readonly prompt: string
  readonly model: ModelFiles
}

/**
 * Styles that are there for everybody, everywhere: who typed the prompt is not known here. Of a style, what it lays over its base.
 * @param own the style that is drawn with, which may be named in its own prompt
 */
export async function withTaggedLoras(
  { prompt, model }: TaggedPrompt,
  styles: Pick<StyleCatalog, 'get'>,
  installed: InstalledLoras,
  own?: string,
): Promise<TaggedPrompt> {
  const found = new Set<string>()
  let { loras } = model
  for (const tag of promptTags(prompt)) {
    if (tag.kind !== 'lora') continue
    const named = await lorasOf(tag, model, styles, installed, own)
    if (named.length === 0) continue
    found.add(tag.typed)
    const files = new Set(named.map(({ file }) => file))
    // What is applied already is meant to be as strong as its tag says.
    loras = [...loras.filter(({ file }) => !files.has(file)), ...named]
  }
  return found.size === 0 ? { prompt, model } : { prompt: withoutTags(prompt, found), model: { ...model, loras } }
}

async function lorasOf(
  tag: PromptTag,
  model: ModelFiles,
  styles: Pick<StyleCatalog, 'get'>,
  installed: InstalledLoras,
  ownStyle: string | undefined,
): Promise<readonly LoraFile[]> {
  const name = tag.name.replace(/^.*[\\/]/, '').replace(/\.(safetensors|ckpt|pt|bin)$/i, '')
  const drawnWith = model.loras.filter(({ file }) => foldName(parse(file).name) === foldName(name))
  if (drawnWith.length > 0) return tag.strength === undefined ? drawnWith : drawnWith.map(({ file }) => asStrongAs(tag, file))
  const style = await styles.get(name)
  const isOwn = style && foldName(style.name) === foldName(ownStyle ?? '')
  const isOffered = style?.state === 'published' && style.spaces === undefined
  // Made for another base, it fits this one in nothing but name.
  if (style && (isOwn || isOffered) && style.model.checkpoint === model.checkpoint && style.model.loras.length > 0) {
    return asTagged(style.model.loras, tag)
  }
  const path = installed.get(foldName(name))
  return path === undefined ? [] : [asStrongAs(tag, path)]
}

/** Merged weights are kept for the strength that a style has of itself; at every other one its LoRA runs beside them. */
const asStrongAs = ({ strength = 1, textStrength }: PromptTag, file: string): LoraFile => ({
  ...{ file, strength },
  ...omitUndefined({ textStrength }),
})

/** One file is as strong as the tag says; of several, each keeps its share. */
function asTagged(loras: readonly LoraFile[], tag: PromptTag): readonly LoraFile[] {
  const { strength } = tag
  if (strength === undefined) return loras
  if (loras.length === 1) return [asStrongAs(tag, loras[0]!.file)]
  return loras.map(({ merged: _, textStrength, ...lora }) => {
    const times = tag.textStrength ?? (textStrength === undefined ? undefined : strength)
    const scaledText = times === undefined ? undefined : (textStrength ?? lora.strength) * times
    return { ...lora, strength: lora.strength * strength, ...omitUndefined({ textStrength: scaledText }) }
  })
}
