// The twenty subjects, in the order in which a net that tells them apart numbers them.

import type { Subject } from './subject.ts'
import { ball } from './subjects/ball.ts'
import { balloon } from './subjects/balloon.ts'
import { bird } from './subjects/bird.ts'
import { boat } from './subjects/boat.ts'
import { butterfly } from './subjects/butterfly.ts'
import { candle } from './subjects/candle.ts'
import { car } from './subjects/car.ts'
import { cat } from './subjects/cat.ts'
import { duck } from './subjects/duck.ts'
import { fish } from './subjects/fish.ts'
import { flower } from './subjects/flower.ts'
import { ghost } from './subjects/ghost.ts'
import { heart } from './subjects/heart.ts'
import { jellyfish } from './subjects/jellyfish.ts'
import { mushroom } from './subjects/mushroom.ts'
import { robot } from './subjects/robot.ts'
import { rocket } from './subjects/rocket.ts'
import { star } from './subjects/star.ts'
import { ufo } from './subjects/ufo.ts'
import { windmill } from './subjects/windmill.ts'

export const subjects = {
  ball,
  star,
  fish,
  boat,
  balloon,
  flower,
  bird,
  ghost,
  heart,
  rocket,
  cat,
  robot,
  butterfly,
  jellyfish,
  car,
  windmill,
  candle,
  duck,
  ufo,
  mushroom,
} as const satisfies Record<string, Subject>

export type SubjectName = keyof typeof subjects

export const subjectNames = Object.keys(subjects) as readonly SubjectName[]
