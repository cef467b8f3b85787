// The telling name of a file of weights: many are called alike and say nothing, diffusers' and PEFT's above all; then it is their folder's.

import { basename, dirname } from 'node:path'

const saysNothing = /^(pytorch_lora_weights|adapter_model|diffusion_pytorch_model|pytorch_model|model|lora|vae)(\.[\w-]+)?\.\w+$/

/** The Hugging Face hub's cache calls a folder after a commit, and one above it after the repository. */
const snapshot = /(?:^|[\\/])models--(?:[^\\/]+--)?([^\\/]+)[\\/]snapshots[\\/][^\\/]+$/

export function tellingName(path: string): string {
  const telling = saysNothing.test(basename(path)) ? dirname(path) : path
  return snapshot.exec(telling)?.[1] ?? basename(telling)
}
