// The README's table of rooms as data: which room may import what. A room's row says it for every file of the room, the rows stand in
// the order of the arrows, and nothing is allowed upward.

export interface Room {
  /** A folder or one file. The most specific room of a file is its room. */
  readonly path: string
  /** From the top, 0 … */
  readonly row: number
  readonly may: readonly Allowed[] | 'anything'
  /** Every room of a row above may import it. */
  readonly shared: boolean
}

export interface Allowed {
  /** A room, a path within one, or a package. */
  readonly target: string
  readonly typesOnly: boolean
  /** Only the files here may, where it is named. */
  readonly within?: string
}

export interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

const heading = '| room | what is in it | may import |'

/** @throws Error of a row that does not read as it should */
export function readRoomTable(readme: string): Room[] {
  const lines = readme.split('\n')
  const start = lines.indexOf(heading)
  if (start === -1) throw new Error(`the README has no table that begins with ${heading}`)
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'))
  return lines.slice(start + 2, end === -1 ? undefined : end).flatMap((line, row) => roomsOf(line, row))
}

/** A row without a last cell tells of a part of another room. */
function roomsOf(line: string, row: number): Room[] {
  const [, paths, about, may, after] = line.split('|').map((cell) => cell.trim())
  if (paths === undefined || about === undefined || may === undefined || after !== '') throw new Error(`not three cells: ${line}`)
  if (may === '') return []
  const named = [...paths.matchAll(/`([^`]+)`/g)].map(([, path]) => path!.replace(/\/$/, ''))
  if (named.length === 0 || paths.replaceAll(/`[^`]+`/g, '').trim() !== '') throw new Error(`not a list of paths: ${paths}`)
  return named.map((path) => ({ path, row, may: allowedIn(may), shared: about.includes('every room above may import') }))
}

function allowedIn(cell: string): Room['may'] {
  if (cell === 'anything') return 'anything'
  if (cell === 'nothing') return []
  return cell.split(', ').map((item) => {
    const match = /^(types of )?`([^`]+)`(?: in `([^`]+)`)?$/.exec(item)
    if (!match) throw new Error(`'${item}' is none of: a path, a package, types of one, one of them in a file`)
    const [, types, target, within] = match
    return { target: target!, typesOnly: types !== undefined, ...(within !== undefined && { within }) }
  })
}

export const isPackage = (target: string): boolean => !/^(?:src|commands|models|deploy|test)(?:\/|$)/.test(target)

export const liesIn = (path: string, room: string): boolean => path === room || path.startsWith(`${room}/`)

export function roomOf(path: string, rooms: readonly Room[]): Room | undefined {
  return rooms.filter((room) => liesIn(path, room.path)).sort((a, b) => b.path.length - a.path.length)[0]
}

/** Why an import is not allowed; `undefined` where it is. */
export function refusal({ from, to, typeOnly }: Import, rooms: readonly Room[]): string | undefined {
  if (to.startsWith('node:')) return undefined
  const room = roomOf(from, rooms)
  if (!room) return `${from} lies in no room`
  const other = isPackage(to) ? undefined : roomOf(to, rooms)
  if (room.may === 'anything' || other === room) return undefined
  if (other?.shared && other.row > room.row) return undefined
  const allowed = room.may.some(
    ({ target, typesOnly, within = room.path }) =>
      liesIn(to, target) && roomOf(target, rooms) === other && (typeOnly || !typesOnly) && liesIn(from, within),
  )
  return allowed ? undefined : `${from} imports ${typeOnly ? 'types of ' : ''}${to}`
}

/** What a row allows that stands above it. */
export function upwardArrows(rooms: readonly Room[]): string[] {
  return rooms.flatMap(({ path, row, may }) => {
    const above = ({ target }: Allowed): boolean => (roomOf(target, rooms)?.row ?? Infinity) <= row
    return may === 'anything'
      ? []
      : may.filter((allowed) => !isPackage(allowed.target) && above(allowed)).map(({ target }) => `${path} → ${target}`)
  })
}
