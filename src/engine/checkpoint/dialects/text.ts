// A key mapping for the text encoder: its names are those of transformers' CLIPTextModel, `text_model.` in front. Some early checkpoints
// and some late programs leave that word out.

import type { Table } from './table.ts'

export const bareText: Table = [
  ['text_model', 'text_model'],
  ['embeddings', 'text_model.embeddings'],
  ['encoder', 'text_model.encoder'],
  ['final_layer_norm', 'text_model.final_layer_norm'],
]
