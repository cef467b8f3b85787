// The losses of a training, a line a step, and what they look like. A training that goes on from an earlier step takes back the lines behind it.

import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { TrainingStep } from '../engine/train.ts'
import { lineChartPng } from '../media/pixels/line-chart.ts'

export interface LossLog {
  add(step: TrainingStep): void
  /** A chart as PNG. */
  draw(path: string): Promise<void>
}

const header = 'step,loss,gradient norm,learning rate'

/** @param stepsDone lines of later steps are left out */
export function openLossLog(path: string, stepsDone: number, title: string): LossLog {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').slice(1) : []
  const kept = lines.filter((line) => Number(line.split(',')[0]) <= stepsDone && line.split(',').length === 4)
  writeFileSync(path, `${[header, ...kept].join('\n')}\n`)
  const points = kept.map((line) => {
    const [x, y] = line.split(',').map(Number) as [number, number]
    return { x, y }
  })
  return {
    add({ step, loss, norm, learningRate }) {
      appendFileSync(path, `${step},${loss},${norm},${learningRate}\n`)
      points.push({ x: step, y: loss })
    },
    draw: async (chart) => writeFileSync(chart, await lineChartPng(points, title)),
  }
}
