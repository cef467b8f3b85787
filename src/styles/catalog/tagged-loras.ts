// LoRAs that a prompt names by tags, <lora:name:0.8>: a style of that name, or a LoRA among the installed models.

import { basename, parse } from 'node:path'
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
  { name: typed, strength, textStrength }: PromptTag,
  model: ModelFiles,
  styles: Pick<StyleCatalog, 'get'>,
  installed: InstalledLoras,
  own: string | undefined,
): Promise<readonly LoraFile[]> {
  const name = typed.replace(/^.*[\\/]/, '').replace(/\.(safetensors|ckpt|pt|bin)$/i, '')
  const named = model.loras.filter(({ file }) => foldName(parse(basename(file)).name) === foldName(name))
  const text = omitUndefined({ textStrength })
  // Merged weights are kept for the strength that a style has of itself; at every other one its LoRA runs beside them.
  const asTyped = ({ file }: LoraFile): LoraFile => ({ file, strength: strength!, ...text })
  if (named.length > 0) return strength === undefined ? named : named.map(asTyped)
  const style = await styles.get(name)
  const offered = style && (foldName(style.name) === foldName(own ?? '') || (style.state === 'published' && style.spaces === undefined))
  // Made for another base, it fits this one in nothing but name.
  if (offered && style.model.checkpoint === model.checkpoint && style.model.loras.length > 0) {
    const { loras } = style.model
    // One file is as strong as the tag says; of several, each keeps its share.
    if (strength === undefined) return loras
    if (loras.length === 1) return loras.map(asTyped)
    return loras.map(({ textStrength: own, merged: _, ...lora }) => {
      const ownText = own ?? lora.strength
      const share = textStrength ?? (own === undefined ? undefined : strength)
      return {
        ...lora,
        strength: lora.strength * strength,
        ...omitUndefined({ textStrength: share === undefined ? undefined : ownText * share }),
      }
    })
  }
  const path = installed.get(foldName(name))
  return path === undefined ? [] : [{ file: path, strength: strength ?? 1, ...text }]
}
