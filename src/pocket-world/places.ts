// The ten places, in the order in which a net that tells them apart numbers them.

import type { Place } from './place.ts'
import { blueSky } from './places/blue-sky.ts'
import { city } from './places/city.ts'
import { desert } from './places/desert.ts'
import { forest } from './places/forest.ts'
import { meadow } from './places/meadow.ts'
import { nightSky } from './places/night-sky.ts'
import { sea } from './places/sea.ts'
import { snow } from './places/snow.ts'
import { sunset } from './places/sunset.ts'
import { underwater } from './places/underwater.ts'

export const places = {
  meadow,
  sea,
  'night sky': nightSky,
  desert,
  snow,
  'blue sky': blueSky,
  forest,
  city,
  underwater,
  sunset,
} as const satisfies Record<string, Place>

export type PlaceName = keyof typeof places

export const placeNames = Object.keys(places) as readonly PlaceName[]
