// A line chart as PNG: values over steps, with a running mean, which is what one looks at.

import sharp from 'sharp'

export interface ChartPoint {
  readonly x: number
  readonly y: number
}

const [width, height, margin] = [960, 480, 48]

/** @param points in the order of x; those that are no numbers are left out */
export function lineChartPng(points: readonly ChartPoint[], title: string): Promise<Uint8Array> {
  const finite = points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))
  const [fromX, toX] = [finite[0]?.x ?? 0, finite.at(-1)?.x ?? 1]
  const sorted = finite.map(({ y }) => y).sort((a, b) => a - b)
  const [low, high] = [sorted[0] ?? 0, sorted[Math.floor(sorted.length * 0.99)] ?? 1] // one large loss would make a line of the rest
  const place = ({ x, y }: ChartPoint): string => {
    const across = margin + ((x - fromX) / (toX - fromX || 1)) * (width - 2 * margin)
    const down = height - margin - ((Math.min(y, high) - low) / (high - low || 1)) * (height - 2 * margin)
    return `${across.toFixed(1)},${down.toFixed(1)}`
  }
  const line = (of: readonly ChartPoint[], colour: string, thick: number): string =>
    `<polyline fill="none" stroke="${colour}" stroke-width="${thick}" points="${of.map(place).join(' ')}"/>`
  const label = (x: number, y: number, anchor: string, text: string): string =>
    `<text x="${x}" y="${y}" font-family="sans-serif" font-size="16" text-anchor="${anchor}" fill="#333">${text.replace(/[<&]/g, '')}</text>`
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<path d="M${margin} ${margin}V${height - margin}H${width - margin}" fill="none" stroke="#333"/>`,
    line(finite, '#bcd', 1),
    line(runningMean(finite), '#246', 2),
    label(width / 2, 28, 'middle', title),
    label(margin, height - 20, 'start', String(fromX)),
    label(width - margin, height - 20, 'end', String(toX)),
    label(margin + 6, margin + 14, 'start', high.toPrecision(3)),
    label(margin + 6, height - margin - 6, 'start', low.toPrecision(3)),
    '</svg>',
  ]
  return sharp(Buffer.from(svg.join('')))
    .png()
    .toBuffer()
}

/** Over a twentieth of all points before each. */
function runningMean(points: readonly ChartPoint[]): ChartPoint[] {
  const reach = Math.max(1, Math.floor(points.length / 20))
  let sum = 0
  return points.map(({ x, y }, i) => {
    sum += y - (points[i - reach]?.y ?? 0)
    return { x, y: sum / Math.min(i + 1, reach) }
  })
}
