// Scores from CLIP's embeddings of frames, texts and pictures: text and domain alignment, smoothness, consistency. x frames, t a text, r
// references; all are made as long as one before they are compared, each for itself. Guo et al., AnimateDiff (arXiv 2307.04725), section 5;
// Hessel et al., CLIPScore (arXiv 2104.08718); showlab/loveu-tgve-2023; Vchitect/VBench.

/** Rows of one width. */
export type ClipEmbeddings = readonly Float64Array[]

/** Rows of length one out of a plain array [n, width]. */
export function unitRows(values: ArrayLike<number>, width: number): ClipEmbeddings {
  return Array.from({ length: values.length / width }, (_, n) => {
    const row = Float64Array.from({ length: width }, (_, i) => values[n * width + i]!)
    const length = Math.sqrt(dot(row, row))
    return row.map((value) => value / length)
  })
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0)

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

const neighbours = (x: ClipEmbeddings): number[] => x.slice(1).map((row, i) => dot(x[i]!, row))

/** 100 · mean x · t */
export const textAlignment = (x: ClipEmbeddings, t: Float64Array): number => 100 * mean(x.map((row) => dot(row, t)))

/** What is below zero counts as zero (torchmetrics). */
export const clampedTextAlignment = (x: ClipEmbeddings, t: Float64Array): number => mean(x.map((row) => Math.max(100 * dot(row, t), 0)))

/** 2.5 · max(x · t, 0) */
export const clipScore = (x: ClipEmbeddings, t: Float64Array): number => mean(x.map((row) => 2.5 * Math.max(dot(row, t), 0)))

/** 100 · mean over frames and references x · r: stills of the same prompt by the same model. */
export const domainSimilarity = (x: ClipEmbeddings, r: ClipEmbeddings): number =>
  100 * mean(x.flatMap((row) => r.map((other) => dot(row, other))))

/** 100 · mean of neighbours: the more alike, the smoother, and a still picture is the smoothest. */
export const motionSmoothness = (x: ClipEmbeddings): number => 100 * mean(neighbours(x))

/** Over all ordered pairs of different frames. */
export const frameConsistency = (x: ClipEmbeddings): number => mean(x.flatMap((a, i) => x.flatMap((b, j) => (i === j ? [] : [dot(a, b)]))))

/** Half with the frame before, half with the first (VBench's background consistency). */
export const backgroundConsistency = (x: ClipEmbeddings): number =>
  mean(x.slice(1).map((row, i) => (Math.max(0, dot(row, x[i]!)) + Math.max(0, dot(row, x[0]!))) / 2))

/** 100 · mean with the first frame. */
export const firstFrameSimilarity = (x: ClipEmbeddings): number => 100 * mean(x.slice(1).map((row) => dot(row, x[0]!)))

/** From the last frame back to the first, by the mean step between neighbours. */
export const clipLoopGap = (x: ClipEmbeddings): number => (1 - dot(x.at(-1)!, x[0]!)) / mean(neighbours(x).map((value) => 1 - value))
