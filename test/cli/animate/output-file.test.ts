// Where an animation is written, by what was said of it.

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { formatOf, placeFor } from '../../../src/cli/animate/output-file.ts'
import { temporaryFolder } from '../../store/folder.ts'

const folder = temporaryFolder()
const request = { seed: '7', format: 'webp' } as const

test('a file is called as it was said, with the end of its format', () => {
  assert.equal(placeFor(join(folder, 'new/ball'), request), join(folder, 'new/ball.webp'))
  assert.equal(placeFor(join(folder, 'ball.gif'), { ...request, format: 'gif' }), join(folder, 'ball.gif'))
  assert.equal(formatOf({ out: 'ball.gif' }), 'gif')
})

test('in a folder it gets the usual name, beside what was drawn before', () => {
  assert.equal(placeFor(`${join(folder, 'clips')}/`, request), join(folder, 'clips/zoetrope-7.webp'))
  writeFileSync(join(folder, 'clips/zoetrope-7.webp'), '')
  assert.equal(placeFor(join(folder, 'clips'), request), join(folder, 'clips/zoetrope-7-2.webp'))
  mkdirSync(join(folder, 'of.june'))
  assert.equal(formatOf({ out: join(folder, 'of.june') }), 'webp', 'the end of its name is no format')
  assert.equal(placeFor(join(folder, 'of.june'), request), join(folder, 'of.june/zoetrope-7.webp'))
  assert.deepEqual(readdirSync(folder).sort(), ['clips', 'new', 'of.june'], 'nothing stands beside them')
})
