// Paths on this host: what ships, and what is kept.

import { homedir } from 'node:os'
import { join, sep } from 'node:path'

const project = join(import.meta.dirname, '..')

/** The small trained model that ships. */
export const pocket = join(project, 'models/pocket')

/** Everything that is kept: downloads, what was computed from weights, the bot's records. A package is replaced with its folder, a person's is not. */
export const defaultHome = join(project.includes(`${sep}node_modules${sep}`) ? homedir() : project, '.zoetrope')

/** What had to be computed from weights: may be deleted at any time. */
export const cacheFolder = (home: string = defaultHome): string => join(home, 'cache')

/** Models that were pulled, or put there by hand. */
export const modelFolder = (home: string = defaultHome): string => join(home, 'models')
