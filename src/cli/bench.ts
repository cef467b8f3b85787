// `zoetrope bench`: how fast this machine draws, with the small model that ships or, with random weights, at the real size.

import { join, relative } from 'node:path'
import { type Command, Option } from 'commander'
import { omitUndefined } from '../omit-undefined.ts'
import { defaultHome } from '../paths.ts'
import { type Measurement, printMeasurement } from './bench/measurement.ts'
import { measureRealSize } from './bench/real-size.ts'
import { measureSmallSize } from './bench/small-size.ts'
import { measureStyles } from './bench/styles.ts'
import { measureTraining } from './bench/training.ts'
import type { CommandLine } from './command-line/command-line.ts'
import { whole } from './command-line/flag-values.ts'

interface Flags {
  readonly synthetic?: 'sd15'
  readonly styles?: true
  readonly training?: true
  readonly dir: string
  readonly motion: 'v2' | 'v3'
  readonly winograd: boolean
  readonly steps: number
  readonly threads?: number
}

export function benchCommand(program: Command, { output }: Pick<CommandLine, 'output'>): void {
  program
    .command('bench')
    .description('measure how fast this machine draws')
    .addOption(new Option('--synthetic <size>', 'random weights of the real size instead of the small model').choices(['sd15']))
    .option(
      '--dir <folder>',
      'where they are written: 3.9 GB, and 9 GB computed from them',
      join(relative(process.cwd(), defaultHome), 'synthetic'),
    )
    .addOption(new Option('--motion <version>', 'which motion module').choices(['v2', 'v3']).default('v3'))
    .option('--styles', 'what two LoRAs of rank 32 cost at that size, instead')
    .option('--training', 'what a step of training costs, instead')
    .option('--no-winograd', 'convolutions in the direct form')
    .option('--steps <count>', 'how many steps are timed', whole, 3)
    .option('--threads <count>', 'of the CPU', whole)
    .action(async ({ synthetic, styles, training, threads, ...flags }: Flags) => {
      const options = { ...flags, ...omitUndefined({ threads }) }
      const measurements = training
        ? measureTraining(options)
        : styles
          ? measureStyles(options, output.note)
          : synthetic
            ? measureRealSize(options, output.note)
            : measureSmallSize(options)
      const done: Measurement[] = []
      for await (const measurement of measurements) {
        printMeasurement(measurement, output.line)
        done.push(measurement)
      }
      output.data({ measurements: done })
    })
}
