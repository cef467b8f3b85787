// The blue sky: two rows of clouds.

import type { Place } from '../place.ts'
import { apart, clouds } from './clouds.ts'

export const blueSky: Place = {
  phrases: ['in the blue sky', 'in the clouds', 'in the sky'],
  draw(pen, { cloud, time }) {
    pen.gradient([0.3, 0.62, 0.96], [0.8, 0.93, 1])
    clouds(pen, cloud + apart * time, -0.58, 0.9)
    clouds(pen, cloud + 0.6 + apart * time, 0.58, 1.1)
  },
}
