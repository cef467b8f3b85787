// The telling name of a file of weights: many are called alike and say nothing, diffusers' and PEFT's above all; then it is their folder's.

import { basename, dirname } from 'node:path'

const saysNothing = /^(pytorch_lora_weights|adapter_model|diffusion_pytorch_model|pytorch_model|model|lora|vae)(\.[\w-]+)?\.\w+$/

export const tellingName = (path: string): string => basename(saysNothing.test(basename(path)) ? dirname(path) : path)
