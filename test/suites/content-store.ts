// The suite for content stores: what every form of one must keep. src/render/content-store/content-store.ts has it in words.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fetchContent, readContent } from '../../src/render/content-store/checked-content.ts'
import { type ContentDigest, type ContentStore, NotStored, WrongContent } from '../../src/render/content-store/content-store.ts'
import { temporaryFolder } from '../store/folder.ts'

export interface ContentStoreRig {
  readonly store: ContentStore
  /** Another bot or host with the same store. */
  readonly other: ContentStore
  /** Writes something else in the place of a content. */
  damage(content: ContentDigest, bytes: Uint8Array): Promise<void>
  /** Its operator's lifecycle rules clear it away, not the store. */
  readonly keepsForGood?: true
}

const hour = 3_600_000

export function testContentStore(name: string, make: () => Promise<ContentStoreRig>): void {
  describe(name, () => {
    const folder = temporaryFolder()
    let rig: ContentStoreRig
    before(async () => {
      rig = await make()
    })
    after(async () => {
      await rig.store.close()
      await rig.other.close()
    })

    for (const size of [0, 1, 512 * 1024, 3_000_001]) {
      test(`${size} bytes come out of another's store as they were put`, async () => {
        const { content, source, bytes } = random(size)
        assert.equal(await rig.other.has(content.sha256), false)
        await rig.store.put(content, source, hour)
        assert.equal(await rig.other.has(content.sha256), true)
        assert.ok(Buffer.from(await readContent(rig.other, content)).equals(bytes))
      })
    }

    test('what is there already is not read again', async () => {
      const { content, source } = random(1000)
      await rig.store.put(content, source, hour)
      await rig.other.put(content, () => assert.fail('it was read'), hour)
      assert.equal(await rig.store.has(content.sha256), true)
    })

    test('it is kept for as long as was asked for, and longer where somebody asks for that', async (t) => {
      if (rig.keepsForGood) return t.skip('what it stands on clears it away')
      const shortMs = 300
      const [gone, kept] = [random(700_000), random(700_000)]
      for (const { content, source } of [gone, kept]) await rig.store.put(content, source, shortMs)
      await rig.other.put(kept.content, () => assert.fail('it was read'), hour)
      await sleep(2 * shortMs)
      // A folder is cleared of what lies beside what comes.
      let beside = random(10)
      while (beside.content.sha256.slice(0, 2) !== gone.content.sha256.slice(0, 2)) beside = random(10)
      await rig.store.put(beside.content, beside.source, hour)
      assert.equal(await rig.other.has(gone.content.sha256), false)
      assert.ok(Buffer.from(await readContent(rig.other, kept.content)).equals(kept.bytes))
    })

    test('two that put the same at once leave it whole', async () => {
      const { content, source, bytes } = random(1_500_000)
      await Promise.all([rig.store.put(content, source, hour), rig.other.put(content, source, hour)])
      assert.ok(Buffer.from(await readContent(rig.store, content)).equals(bytes))
    })

    test('what breaks off while it is put is not there', async () => {
      const { content, bytes } = random(1_500_000)
      const half = async function* () {
        yield bytes.subarray(0, 700_000)
        throw new Error('cut')
      }
      await assert.rejects(rig.store.put(content, half, hour))
      assert.equal(await rig.store.has(content.sha256), false)
      await assert.rejects(readContent(rig.other, content))
    })

    test('what was deleted or never put is said not to be there, and may be deleted again', async () => {
      const { content, source } = random(600_000)
      await assert.rejects(readContent(rig.store, content), NotStored)
      await rig.store.put(content, source, hour)
      await rig.other.delete(content.sha256)
      await rig.other.delete(content.sha256)
      assert.equal(await rig.store.has(content.sha256), false)
      await assert.rejects(readContent(rig.store, content), NotStored)
    })

    test('a file that is fetched is there when it is whole and right, and not before', async () => {
      const { content, source, bytes } = random(1_200_000)
      await rig.store.put(content, source, hour)
      const [path, partial] = [join(folder, 'fetched', 'file.bin'), join(folder, 'partial')]
      await fetchContent(rig.other, content, { path, partial })
      assert.ok(readFileSync(path).equals(bytes))
      assert.deepEqual(readdirSync(partial), [])
    })

    test('what somebody else has put in its place is found out, and nothing is left of it', async () => {
      for (const wrong of [randomBytes(900_000), randomBytes(10), randomBytes(1_000_000)]) {
        const { content, source } = random(900_000)
        await rig.store.put(content, source, hour)
        await rig.damage(content, wrong)
        const [path, partial] = [join(folder, content.sha256), join(folder, 'partial')]
        await assert.rejects(fetchContent(rig.other, content, { path, partial }), WrongContent)
        assert.equal(existsSync(path), false)
        assert.deepEqual(readdirSync(partial), [])
        await assert.rejects(readContent(rig.other, content), WrongContent)
      }
    })
  })
}

function random(size: number): {
  readonly content: ContentDigest
  readonly bytes: Buffer
  readonly source: () => AsyncIterable<Uint8Array>
} {
  const bytes = randomBytes(size)
  const source = async function* () {
    for (let from = 0; from < size; from += 65_536) yield bytes.subarray(from, from + 65_536)
  }
  return { content: { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: size }, bytes, source }
}
