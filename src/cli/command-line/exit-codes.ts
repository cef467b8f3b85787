// Exit codes: what a command ended with, for scripts. They stand in `zoetrope --help` and in the README.

import { UserError } from '../../errors.ts'

export const exitCodes = {
  done: 0,
  /** The network, the disk, a check that found something; or a fault of ours. */
  failed: 1,
  usage: 2,
  refused: 3,
  device: 4,
  interrupted: 130,
} as const

export const exitCodeTable: readonly (readonly [code: number, meaning: string])[] = [
  [exitCodes.done, 'done'],
  [exitCodes.failed, 'something failed: the network, the disk, a check that found something, or a fault of ours'],
  [exitCodes.usage, 'the command line is wrong'],
  [exitCodes.refused, 'what was given cannot be drawn or read: a file, a prompt, a setting'],
  [exitCodes.device, 'the device does not start, computes wrong numbers, or its process died'],
  [exitCodes.interrupted, 'interrupted with Ctrl+C'],
]

const codesByKind: readonly (readonly [exit: number, codes: RegExp])[] = [
  [exitCodes.interrupted, /^train-stopped$/],
  [exitCodes.device, /^(device-.*|worker-.*)$/],
  [exitCodes.usage, /^(usage|count|format|style-and-files|bench-too-few|bad-setting)$/],
  [
    exitCodes.failed,
    /^(hub-(answer|unreachable)|download-.*|disk-full|no-disk-space|no-space|not-written|not-writable|no-temporary-file|model-(changed|gated|hash)|models-damaged|doctor-found|records-damaged|store-unreachable|database-unreachable|redis-unreachable|verify-failed|ffmpeg-.*|(web-)?port-.*|journal-failed)$/,
  ],
]

/** @param error a UserError, or what Commander throws once it has said what is wrong; undefined for anything else */
export function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof UserError) return codesByKind.find(([, codes]) => codes.test(error.code))?.[0] ?? exitCodes.refused
  if (error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number') {
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  }
  return undefined
}
