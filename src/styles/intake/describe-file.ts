// Describes a style file in a few words for people, and tells what of its own words its style takes over.

import type { Identity } from '../../engine/checkpoint/identify/identify.ts'
import type { StyleFileKind } from '../registry/style-entry.ts'
import { promptWord, sanitizeText } from './sanitize.ts'

export function describeFile(identity: Identity): string {
  switch (identity.kind) {
    case 'lora':
    case 'motion-lora':
    case 'domain-adapter': {
      const { kinds, ranks, modules, parts } = identity.lora
      const nets = parts.map((part) => netNames[part]).join(' and ')
      const forms = kinds.filter((kind) => kind !== 'lora' && kind !== 'locon')
      const rank = ranks.length > 0 ? [`rank ${ranks.length > 3 ? `${ranks[0]} to ${ranks.at(-1)}` : ranks.join(', ')}`] : []
      return [
        kindNames[identity.kind],
        ...forms.map((form) => formNames[form] ?? form),
        ...rank,
        `on ${modules} modules of the ${nets}`,
      ].join(', ')
    }
    case 'textual-inversion':
      return `${kindNames[identity.kind]}, ${identity.embedding.vectors} ${identity.embedding.vectors === 1 ? 'vector' : 'vectors'}`
    case 'motion-module':
      return `${kindNames[identity.kind]} ${identity.motion.version}, up to ${identity.motion.maxFrames} frames`
    case 'sd1-checkpoint':
    case 'vae':
      return kindNames[identity.kind]
    default:
      return identity.kind
  }
}

const kindNames: Readonly<Record<StyleFileKind, string>> = {
  'sd1-checkpoint': 'Stable Diffusion 1.x checkpoint',
  vae: 'VAE',
  'motion-module': 'motion module',
  'motion-lora': 'motion LoRA',
  'domain-adapter': 'domain adapter',
  lora: 'LoRA',
  'textual-inversion': 'textual inversion',
}

const netNames = { unet: 'UNet', text: 'text encoder', motion: 'motion module' } as const

const formNames: Readonly<Record<string, string>> = {
  tucker: 'Tucker',
  loha: 'LoHa',
  lokr: 'LoKr',
  glora: 'GLoRA',
  dora: 'DoRA',
  ia3: 'IA³',
  oft: 'OFT',
  boft: 'BOFT',
  full: 'full differences',
  norm: 'norms',
}

export function licenseIn(metadata: ReadonlyMap<string, string>): string | undefined {
  const said = sanitizeText(metadata.get('modelspec.license') ?? metadata.get('license') ?? '', 100)
  return said === '' ? undefined : said
}

/** Words of textual inversions inside it, and the phrase that the file names for it; where it names none, the word it was trained on most. */
export function triggersOf(identity: Identity, metadata: ReadonlyMap<string, string>): string[] {
  if (!('lora' in identity)) return []
  const phrase = metadata.get('modelspec.trigger_phrase')?.split(',') ?? []
  const words = phrase.some((word) => promptWord(word) !== '') ? phrase : identity.lora.triggerWords.slice(0, 1)
  return [...new Set([...identity.lora.bundledWords, ...words].map(promptWord))].filter((word) => word !== '').slice(0, 6)
}

/** Others that it was trained on, for those who write prompts. */
export function furtherWordsOf(identity: Identity, triggers: readonly string[]): string[] {
  if (!('lora' in identity)) return []
  return identity.lora.triggerWords
    .map((word) => sanitizeText(word, 60))
    .filter((word) => word !== '' && !triggers.includes(promptWord(word)))
}
