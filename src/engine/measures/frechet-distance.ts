// The Fréchet distance of two sets of features, taken as Gaussians: ‖μ_a − μ_b‖² + tr(Σ_a + Σ_b − 2 (Σ_a Σ_b)^½). Heusel et al., FID (arXiv
// 1706.08500); Unterthiner et al., FVD (arXiv 1812.01717). The root's trace is that of the eigenvalues of √Σ_a Σ_b √Σ_a, which are real.

type Matrix = readonly Float64Array[]

/** @param a @param b rows of features, at least two each */
export function frechetDistance(a: Matrix, b: Matrix): number {
  const [meanA, meanB] = [meanOf(a), meanOf(b)]
  const [covA, covB] = [covariance(a, meanA), covariance(b, meanB)]
  const { values, vectors } = eigen(covA)
  const n = values.length
  const root = matrix(n, (i, j) => sum(n, (k) => vectors[i]![k]! * Math.sqrt(Math.max(0, values[k]!)) * vectors[j]![k]!))
  const inner = product(product(root, covB), root)
  const traceOfRoot = eigen(matrix(n, (i, j) => (inner[i]![j]! + inner[j]![i]!) / 2)).values.reduce(
    (all, value) => all + Math.sqrt(Math.max(0, value)),
    0,
  )
  const apart = sum(n, (i) => (meanA[i]! - meanB[i]!) ** 2)
  return apart + sum(n, (i) => covA[i]![i]! + covB[i]![i]!) - 2 * traceOfRoot
}

const sum = (n: number, of: (i: number) => number): number => {
  let all = 0
  for (let i = 0; i < n; i++) all += of(i)
  return all
}

const matrix = (n: number, of: (i: number, j: number) => number): Matrix =>
  Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => of(i, j)))

const product = (a: Matrix, b: Matrix): Matrix => matrix(a.length, (i, j) => sum(a.length, (k) => a[i]![k]! * b[k]![j]!))

const meanOf = (rows: Matrix): Float64Array => rows[0]!.map((_, i) => sum(rows.length, (n) => rows[n]![i]!) / rows.length)

const covariance = (rows: Matrix, mean: Float64Array): Matrix =>
  matrix(mean.length, (i, j) => sum(rows.length, (n) => (rows[n]![i]! - mean[i]!) * (rows[n]![j]! - mean[j]!)) / (rows.length - 1))

/** Jacobi's rotations (Golub and Van Loan, Matrix Computations, section 8.5), of a symmetric matrix; vectors are columns. */
function eigen(symmetric: Matrix): { values: number[]; vectors: Matrix } {
  const n = symmetric.length
  const a = symmetric.map((row) => row.slice())
  const v = matrix(n, (i, j) => (i === j ? 1 : 0))
  for (let sweep = 0; sweep < 100; sweep++) {
    const off = sum(n, (i) => sum(n, (j) => (i === j ? 0 : a[i]![j]! ** 2)))
    if (off <= 1e-28 * sum(n, (i) => a[i]![i]! ** 2)) break
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) rotate(a, v, p, q)
  }
  return { values: a.map((row, i) => row[i]!), vectors: v }
}

function rotate(a: Matrix, v: Matrix, p: number, q: number): void {
  const between = a[p]![q]!
  if (between === 0) return
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * between)
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta ** 2 + 1))
  const c = 1 / Math.sqrt(t ** 2 + 1)
  const s = t * c
  const turn = (x: number, y: number): [number, number] => [c * x - s * y, s * x + c * y]
  for (const row of [...a, ...v]) [row[p], row[q]] = turn(row[p]!, row[q]!)
  const [rowP, rowQ] = [a[p]!, a[q]!]
  for (let k = 0; k < rowP.length; k++) [rowP[k], rowQ[k]] = turn(rowP[k]!, rowQ[k]!)
}
