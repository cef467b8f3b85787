// A linear solver: Gauss–Jordan elimination with partial pivoting.

/**
 * Solves A X = B for a regular A [n, n] and any number of right-hand sides.
 * @param rows of [A | B]; what is in them is lost, but for the answer: afterwards they are [I | X]
 */
export function solveLinear(rows: Float64Array[]): void {
  const n = rows.length
  for (let column = 0; column < n; column++) {
    let pivot = column
    for (let i = column + 1; i < n; i++) if (Math.abs(rows[i]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = i
    const top = rows[pivot]!
    rows[pivot] = rows[column]!
    rows[column] = top
    const head = top[column]!
    for (let j = column; j < top.length; j++) top[j] = top[j]! / head
    for (let i = 0; i < n; i++) {
      const row = rows[i]!
      const factor = row[column]!
      if (i === column || factor === 0) continue
      for (let j = column; j < row.length; j++) row[j] = row[j]! - factor * top[j]!
    }
  }
}
