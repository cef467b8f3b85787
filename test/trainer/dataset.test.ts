import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readDataset } from '../../src/trainer/dataset.ts'

const root = mkdtempSync(join(tmpdir(), 'zoetrope-dataset-'))
after(() => rmSync(root, { recursive: true }))

function folderOf(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(root, name)
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(folder, file, '..'), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  return folder
}

const captions = (folder: string, caption?: string) =>
  readDataset(folder, caption === undefined ? {} : { caption }).map((entry) => [entry.name, entry.caption])

test('pictures and videos have their captions beside them, or the one for all', () => {
  const folder = folderOf('beside', { 'b.png': '', 'b.txt': ' a ball\n', 'a.mp4': '', 'notes.md': '' })
  assert.deepEqual(captions(folder, 'noir'), [
    ['a.mp4', 'noir'],
    ['b.png', 'a ball'],
  ])
  assert.throws(() => readDataset(folder), { code: 'dataset-caption', message: /a\.mp4 has no caption: write one to a\.txt/ })
})

test('a table names files and captions', () => {
  const folder = folderOf('table', { 'captions.csv': 'file,caption\nclips/a.webm,"waves, slow"\n', 'clips/a.webm': '' })
  assert.deepEqual(captions(folder), [['clips/a.webm', 'waves, slow']])
})

test("WebVid's table finds its videos in folders of their pages, or all in one", () => {
  const table =
    'videoid,contentUrl,duration,page_dir,name\n21179416,https://x,PT00H00M11S,006001_006050,Aerial shot\n7,https://x,PT1S,1_2,Waves\n'
  const folder = folderOf('webvid', { 'results_2M_val.csv': table, '006001_006050/21179416.mp4': '', '7.mp4': '' })
  assert.deepEqual(captions(folder), [
    ['006001_006050/21179416.mp4', 'Aerial shot'],
    ['7.mp4', 'Waves'],
  ])
})

test('what is not there, and what a table should have, is said', () => {
  assert.throws(() => readDataset(join(root, 'nowhere')), { code: 'dataset-missing' })
  assert.throws(() => readDataset(folderOf('empty', { 'readme.md': '' })), { code: 'dataset-empty' })
  assert.throws(() => readDataset(folderOf('gone', { 'a.csv': 'file,caption\nx.mp4,y\n' })), {
    code: 'dataset-file',
    message: /a\.csv names x\.mp4, which is not in/,
  })
  assert.throws(() => readDataset(folderOf('columns', { 'a.csv': 'video,words\nx.mp4,y\n' })), {
    code: 'dataset-caption',
    message: /it has video, words/,
  })
})
