// A key mapping: two ways to name the same modules, as a table. A row stands for the module and everything below it;
// where several rows fit, the longest does. The same table read right to left translates back.

/** Module paths: theirs, ours. `input_blocks.1.0.in_layers.0` ↔ `down_blocks.0.resnets.0.norm1`. */
export type Table = readonly (readonly [theirs: string, ours: string])[]

/** Turns one name into the other dialect's; `undefined` where no row fits. */
export type Translate = (name: string) => string | undefined

export const flipped = (table: Table): Table => table.map(([theirs, ours]) => [ours, theirs])

/** A module's own rows under both of its paths. */
export const under = (theirs: string, ours: string, rows: Table): Table => rows.map(([a, b]) => [`${theirs}.${a}`, `${ours}.${b}`])

export function translator(table: Table): Translate {
  const rows = new Map(table)
  return (name) => {
    for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
      const ours = rows.get(name.slice(0, end))
      if (ours !== undefined) return ours + name.slice(end)
    }
    return undefined
  }
}
