// /animate and /again: what is drawn, by which settings, and what is refused.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fixedCapacity } from '../../src/jobs/capacity.ts'
import type { Job } from '../../src/jobs/job.ts'
import { cellBlobOf } from '../../src/jobs/result-details.ts'
import type { Store } from '../../src/store/store.ts'
import { createFakePlatform } from '../chat/fake-platform.ts'
import { smallWebp } from '../chat/test-chat.ts'
import { createManualRenderer } from '../jobs/manual-renderer.ts'
import { type CommandTester, createCommandTester } from './command-tester.ts'

describe('/animate', () => {
  let tester: CommandTester
  before(async () => {
    tester = await createCommandTester()
  })
  after(() => tester.testChat.close())

  test('fills in what the model, the place and the person decide, in that order', async () => {
    const plain = await tester.drawn('ann', '/animate a boat')
    assert.deepEqual(
      { ...plain.request, seed: '', maxBytes: 0 },
      {
        prompt: 'a boat',
        negative: '',
        width: 64,
        height: 64,
        frames: 16,
        fps: 10,
        steps: 16,
        guidance: 4,
        seed: '',
        clipSkip: 1,
        loop: 'auto',
        format: 'webp',
        maxBytes: 0,
      },
    )
    assert.match(plain.request.seed, /^\d{1,20}$/)
    await tester.say('root', '/settings set style:sepia max-steps:10')
    const placed = await tester.drawn('ann', '/animate a boat')
    assert.partialDeepStrictEqual(placed.request, { style: 'sepia', steps: 10 })
    await tester.say('ann', '/defaults set style:anime steps:8 aspect:wide motion:lively format:gif negative:blur')
    const own = await tester.drawn('ann', '/animate a boat')
    const { style, steps, width, height, fps, format, negative } = own.request
    assert.deepEqual(
      { style, steps, width, height, fps, format, negative },
      { style: 'anime', steps: 8, width: 80, height: 56, fps: 16, format: 'gif', negative: 'blur' },
    )
    const said = await tester.drawn('ann', '/animate a boat style:none steps:5 size:96x64 motion:calm format:webp')
    assert.deepEqual(
      { style: said.request.style, steps: said.request.steps, width: said.request.width, fps: said.request.fps },
      { style: undefined, steps: 5, width: 96, fps: 6 },
    )
    await tester.say('root', '/settings set style:sepia')
    await tester.say('ann', '/defaults set style:None negative:none')
    const nothing = await tester.drawn('ann', '/animate a boat')
    assert.deepEqual([nothing.request.style, nothing.request.negative], [undefined, ''])
    await tester.say('ann', '/defaults clear')
    await tester.say('root', '/settings set style:none max-steps:50')
  })

  test('refuses what cannot be drawn, with what could be', async () => {
    const refusals = {
      'style:anim': /There is anime/,
      'style:zzz': /\/styles shows/,
      'size:65x64': /64 or 72, not 65/,
      'size:4096x64': /go from 8 to 2048/,
      'size:huge': /width x height/,
      'size:2048x1024': /may be at most 589824/,
      'steps:60': /at most 50 here/,
    }
    for (const [option, sentence] of Object.entries(refusals)) {
      const { tone, text } = await tester.say('ann', `/animate a boat ${option}`)
      assert.equal(tone, 'refused')
      assert.match(text, sentence)
    }
  })

  test('draws without a motion module where that is asked, of a style too, and again otherwise', async () => {
    const zero = await tester.drawn('ann', '/animate a boat method:zero')
    assert.partialDeepStrictEqual(zero.request, { method: 'zero', steps: 20, guidance: 6 })
    const again = await tester.drawn('ann', '/again method:animatediff')
    assert.partialDeepStrictEqual(again.request, { method: 'animatediff', steps: 16, guidance: 4 })
    const still = await tester.drawn('ann', '/animate a boat frames:1')
    assert.partialDeepStrictEqual(still.request, { steps: 20, guidance: 6 })
    assert.partialDeepStrictEqual((await tester.drawn('ann', '/animate a boat frames:1 steps:16')).request, { steps: 16, guidance: 6 })
    assert.match((await tester.say('ann', '/animate a boat method:none')).text, /method is one of animatediff, zero/)
    assert.equal((await tester.drawn('ann', '/animate a boat')).request.method, undefined)
  })

  test('takes a length in seconds, a loop and windows, and refuses what does not fit before it waits', async () => {
    const long = await tester.drawn('ann', '/animate a boat seconds:6.4 loop:none window-overlap:8 fuse:flat')
    assert.partialDeepStrictEqual(long.request, { frames: 64, fps: 10, loop: 'none', windowOverlap: 8, fuse: 'flat' })
    const played = await tester.drawn('ann', '/animate a boat seconds:1.5 loop:ping-pong')
    assert.partialDeepStrictEqual(played.request, { frames: 16, loop: 'ping-pong' })
    assert.equal(long.cost / played.cost, 112 / 9, 'windows that share frames cost what they compute, playing back costs half')
    const refusals = {
      'frames:1000': /from 1 to 128, and is 1000/,
      'seconds:20': /200 frames, and 128 are the most/,
      'seconds:2 frames:8': /say the same/,
      'window-length:48 frames:64': /2 to 32 frames, for which it has positions, not 48/,
      'window-length:8 window-overlap:8': /0 to 7 frames, not 8/,
      'prompt:"0: a boat | 16: a bird"': /no frame 16: this clip has 16/,
      'guidance-travel:"0: 7 | 99: 3"': /no frame 99/,
      'loop:ping-pong frames:9': /even number of frames, not 9/,
    }
    for (const [option, sentence] of Object.entries(refusals)) {
      const { tone, text } = await tester.say('ann', option.startsWith('prompt') ? `/animate ${option}` : `/animate a boat ${option}`)
      assert.equal(tone, 'refused', option)
      assert.match(text, sentence)
    }
  })

  test('holds blocked words in every part of a prompt that changes over the frames', async () => {
    await tester.say('root', '/settings block words:gore outcome:negative')
    const { request } = await tester.drawn('ann', '/animate prompt:"0: a boat | 8: a gore boat" negative:"0: blur | 4: fog"')
    const { prompt, negative } = request
    assert.deepEqual({ prompt, negative }, { prompt: '0: a boat | 8: a boat', negative: '0: blur, gore | 4: fog, gore' })
    await tester.say('root', '/settings unblock words:gore')
  })

  test('of a role with priority gets a double share, and nobody more requests than the place allows', async () => {
    await tester.say('root', '/settings priority who:<@&77>')
    const preferred = await tester.drawn('ann', '/animate a boat', { asker: { admin: false, operator: false, roles: ['77'] } })
    assert.equal(preferred.priority, 2)
    assert.equal((await tester.drawn('bob', '/animate a boat')).priority, 1)
    await tester.say('root', '/settings set max-jobs:1')
    const [first, second] = await Promise.all([
      tester.testChat.fake.say('eve', '/animate one'),
      tester.testChat.fake.say('eve', '/animate two'),
    ])
    await tester.testChat.quiet()
    const tones = tester.testChat.fake.messages().filter(({ event }) => event === first || event === second)
    assert.deepEqual(tones.map(({ outgoing }) => outgoing.tone).sort(), ['done', 'refused'])
    await tester.say('root', '/settings set max-jobs:5')
  })
})

describe('/again', () => {
  let tester: CommandTester
  before(async () => {
    tester = await createCommandTester()
  })
  after(() => tester.testChat.close())

  test('draws the last one with a new seed, or with what is said changed', async () => {
    assert.match((await tester.say('ann', '/again')).text, /asked for nothing yet/)
    const first = await tester.drawn('ann', '/animate a boat style:anime seed:7 frames:8')
    const second = await tester.drawn('ann', '/again')
    assert.deepEqual({ ...second.request, seed: '7' }, first.request)
    assert.notEqual(second.request.seed, '7')
    const third = await tester.drawn('ann', `/again a bird job:${first.id} seed:9 style:none`)
    assert.deepEqual(
      { prompt: third.request.prompt, seed: third.request.seed, style: third.request.style, frames: third.request.frames },
      { prompt: 'a bird', seed: '9', style: undefined, frames: 8 },
    )
  })

  test('obeys limits that were lowered since', async () => {
    const first = await tester.drawn('ann', '/animate a boat frames:20')
    await tester.say('root', '/settings set max-frames:10')
    const { tone, text } = await tester.say('ann', `/again job:${first.id}`)
    assert.equal(tone, 'refused')
    assert.match(text, /frames may be at most 10/)
    await tester.say('root', '/settings set max-frames:128')
  })

  test('is longer behind what is there, which stays as it is', async () => {
    const first = await tester.drawn('ann', '/animate a boat loop:ping-pong seed:7')
    const longer = await tester.drawn('ann', `/again job:${first.id} longer:yes`)
    const earlier = { blob: `${first.id}.webp`, frames: 16, as: 'beginning' }
    assert.partialDeepStrictEqual(longer.request, { frames: 24, loop: 'auto', prompt: 'a boat', earlier })
    const rerolled = await tester.drawn('ann', `/again job:${longer.id}`)
    assert.deepEqual(rerolled.request.earlier, earlier)
    assert.equal((await tester.drawn('ann', `/again job:${longer.id} frames:12`)).request.earlier, undefined)
    const second = await tester.drawn('ann', `/again job:${longer.id} longer:yes seconds:4`)
    assert.partialDeepStrictEqual(second.request, { frames: 40, earlier: { blob: `${longer.id}.webp`, frames: 24 } })
  })

  test('is a variation of the animation itself, as strong as is asked', async () => {
    const first = await tester.drawn('ann', '/animate a boat seed:7')
    const varied = await tester.drawn('ann', `/again job:${first.id} vary:yes strength:0.4`)
    assert.deepEqual(varied.request.earlier, { blob: `${first.id}.webp`, frames: 16, as: 'variation', strength: 0.4 })
    assert.notEqual(varied.request.seed, '7')
    const failed = await tester.drawn('ann', '/animate a boat that breaks')
    assert.match((await tester.say('ann', `/again job:${failed.id} vary:yes`)).text, /no animation of it/)
  })

  test('changes the words alone, or travels from the old ones to the new ones', async () => {
    const first = await tester.drawn('ann', '/animate spring meadow seed:7')
    const travelled = await tester.drawn('ann', `/again job:${first.id} prompt:"autumn meadow" change:travel`)
    assert.partialDeepStrictEqual(travelled.request, { prompt: '0: spring meadow | 8: autumn meadow', seed: '7' })
    const on = await tester.drawn('ann', `/again job:${travelled.id} prompt:"winter" change:travel loop:none`)
    assert.equal(on.request.prompt, '0: spring meadow | 15: winter')
    const replaced = await tester.drawn('ann', `/again job:${first.id} prompt:winter change:replace`)
    assert.equal(replaced.request.prompt, 'winter')
  })

  test('ends being longer at what the place allows', async () => {
    const first = await tester.drawn('ann', '/animate a boat frames:32')
    await tester.say('root', '/settings set max-frames:32')
    assert.match((await tester.say('ann', `/again job:${first.id} longer:yes`)).text, /32 are the most/)
  })

  test('of something private stays private', async () => {
    const secret = await tester.drawn('ann', '/animate a secret --private')
    await tester.drawn('ann', `/again job:${secret.id}`)
    assert.ok(!tester.testChat.fake.messages('bob').some(({ outgoing }) => outgoing.quote === 'a secret'))
  })
})

test('/again takes away what should not be there', async (t) => {
  const tester = await createCommandTester()
  t.after(() => tester.testChat.close())
  await tester.drawn('ann', '/animate a boat negative:fog')
  assert.equal((await tester.drawn('ann', '/again')).request.negative, 'fog')
  assert.equal((await tester.drawn('ann', '/again negative:None')).request.negative, '')
})

describe('what is sent to somebody', () => {
  test('has the whole command: typed, it asks for the same again', async (t) => {
    const tester = await createCommandTester()
    t.after(() => tester.testChat.close())
    const asks = [
      '/animate a boat',
      '/animate "a \\"small\\" boat: at sea" negative:"blur, dark" frames:8 steps:5 size:96x64 guidance:7.5 motion:calm format:gif style:anime seed:7',
      '/animate a boat count:3 aspect:wide',
      '/animate a boat negative:none',
      '/animate a boat frames:24 loop:ping-pong window-length:12 fuse:flat guidance-travel:"0: 7 | 8: 4"',
    ]
    for (const defaults of [
      '/defaults clear',
      '/defaults set style:sepia steps:9 motion:lively aspect:tall negative:fog frames:12 guidance:6',
    ]) {
      await tester.say('ann', defaults)
      for (const ask of asks) {
        const job = await tester.drawn('ann', ask)
        const sent = await tester.say('ann', `/send job:${job.id}`)
        const again = await tester.drawn('ann', /\/animate .*$/s.exec(sent.text)![0])
        assert.deepEqual(again.request, job.request, `${defaults}, ${sent.text}`)
      }
    }
  })

  test('has the whole command in a file where a message would cut it', async (t) => {
    const tester = await createCommandTester({ fake: createFakePlatform({ limits: { textChars: 1000 } }) })
    t.after(() => tester.testChat.close())
    for (const chars of [500, 950]) {
      const job = await tester.drawn('ann', `/animate "${'*'.repeat(chars)}" seed:9`)
      const { text, file } = await tester.say('ann', `/send job:${job.id}`)
      const words = file ? Buffer.from(file.bytes).toString() : text
      assert.equal(file === undefined, chars === 500)
      const again = await tester.drawn('ann', /\/animate .*$/s.exec(words)![0])
      assert.deepEqual(again.request, job.request)
    }
  })

  test('promises no command for what was made of another animation', async (t) => {
    const tester = await createCommandTester()
    t.after(() => tester.testChat.close())
    const first = await tester.drawn('ann', '/animate a boat')
    for (const made of ['vary:yes', 'longer:yes']) {
      const job = await tester.drawn('ann', `/again job:${first.id} ${made}`)
      const sent = await tester.say('ann', `/send job:${job.id}`)
      assert.ok(sent.picture)
      assert.match(sent.text, /made of another one/)
      assert.doesNotMatch(sent.text, /\/animate/)
      const inChinese = await tester.say('ann', `/send job:${job.id}`, { locale: 'zh-CN' })
      assert.match(inChinese.text, /另一个动画/)
    }
  })

  test('is refused where nothing was drawn', async (t) => {
    const renderer = createManualRenderer(1)
    const tester = await createCommandTester({ renderer: () => renderer })
    t.after(() => tester.testChat.close())
    const { fake, scheduler } = tester.testChat
    for (const words of ['fails', 'is drawn', 'waits']) await fake.say('ann', `/animate what ${words}`)
    const jobs = scheduler.jobsOf({ platform: 'fake', space: 'guild', person: 'ann' }, { from: 0, limit: 3 }).jobs
    renderer.active[0]!.fail(new Error('a wire broke'))
    await sleep(50)
    const states = jobs.map(({ id }) => scheduler.find(id)!.state)
    assert.deepEqual(states, ['waiting', 'running', 'failed'])
    for (const { id } of jobs) {
      const refusal = await tester.say('ann', `/send job:${id}`)
      assert.deepEqual({ tone: refusal.tone, text: refusal.text }, { tone: 'refused', text: 'There is no animation of it.' })
    }
    for (const { id } of jobs) await fake.say('ann', `/cancel job:${id}`)
  })
})

describe('several to pick from', () => {
  test('have consecutive seeds, and the picked one is drawn alone from its own', async (t) => {
    const tester = await createCommandTester()
    t.after(() => tester.testChat.close())
    const job = await tester.drawn('ann', '/animate a boat count:4 seed:18446744073709551614')
    assert.equal(job.request.count, 4)
    const shown = await tester.say('ann', `/history job:${job.id}`)
    assert.equal(shown.facts!.find(({ label }) => label === 'Seed')!.value, '18446744073709551614 to 1')
    const message = tester.testChat.fake.messages().find(({ outgoing }) => outgoing.tone === 'done')!.outgoing
    assert.deepEqual(
      message.buttons!.map(({ label }) => label),
      ['1', '2', '3', '4', 'Again', 'Keep', 'Send me', 'Delete'],
    )
    const picked = await tester.drawn('bob', message.buttons![2]!.command)
    const { count: _count, ...alone } = job.request
    assert.deepEqual(picked.request, { ...alone, seed: '0' })
    assert.equal(picked.cost * 4, job.cost)
    assert.match((await tester.say('bob', `/again job:${picked.id} pick:2`)).text, /There is one to pick from/)
    for (const made of ['vary:yes', 'longer:yes', 'strength:0.5'])
      assert.match((await tester.say('bob', `/again job:${job.id} ${made}`)).text, /There are 4 side by side: pick one/)
  })
})

test('what is drawn again of a training draws, and neither joins the training nor ends it', async (t) => {
  const trainer = createManualRenderer(1)
  const tester = await createCommandTester({ trainer })
  t.after(() => tester.testChat.close())
  const { scheduler, fake } = tester.testChat
  const { request: asked, address } = await tester.drawn('ann', '/animate a boat')
  const owner = { platform: 'fake', space: 'guild', person: 'ann' }
  const training = { id: 'one', pictures: 12 }
  const job = await scheduler.accept({ request: { ...asked, seed: '1', training }, owner, address })
  for (const more of ['pick:1', 'pick:1 steps:9', '']) {
    await fake.say('bob', `/again job:${job.id} ${more}`)
    const [drawing] = scheduler.jobsOf({ ...owner, person: 'bob' }, { from: 0, limit: 1 }).jobs
    assert.equal(drawing!.request.training, undefined)
  }
  assert.deepEqual(
    trainer.active.map(({ job: { id } }) => id),
    [job.id],
  )
  trainer.active[0]!.finish()
  await tester.testChat.quiet()
})

describe('one of several that was kept', () => {
  const side = (n: number) => Buffer.from(`the loop of cell ${n}`)
  /** As the real one keeps them. */
  const keepingCells = (drawn: string[]) => (blobs: Store['blobs']) => ({
    ...fixedCapacity(2),
    async render({ id, request: { count = 1, prompt } }: Job) {
      drawn.push(prompt)
      const blob = `${id}.webp`
      const about = { format: 'webp', width: 16, height: 16, frames: 3, fps: 8, notes: [] } as const
      await blobs.put(blob, await smallWebp())
      for (let n = 0; n < count; n++) await blobs.put(cellBlobOf(blob, n), side(n))
      const cells = Array.from({ length: count }, (_, n) => ({ ...about, bytes: side(n).length }))
      return { result: { blob, details: { ...about, bytes: 100, ...(count > 1 && { cells }) } }, renderMs: 20 }
    },
  })

  test('is picked at once, as it was shown: nothing is drawn, waited for or counted', async (t) => {
    const drawn: string[] = []
    const tester = await createCommandTester({ renderer: keepingCells(drawn) })
    t.after(() => tester.testChat.close())
    const { scheduler, store, fake } = tester.testChat
    const grid = await tester.drawn('ann', '/animate a boat count:3 seed:7')
    assert.deepEqual(drawn, ['a boat'])
    const reply = await tester.say('bob', `/again job:${grid.id} pick:3`)
    assert.equal(reply.tone, 'done')
    assert.deepEqual(Buffer.from(reply.picture!.bytes), side(2))
    assert.deepEqual(drawn, ['a boat'])
    const [picked] = scheduler.jobsOf({ platform: 'fake', space: 'guild', person: 'bob' }, { from: 0, limit: 9 }).jobs
    const { count: _count, ...alone } = grid.request
    assert.deepEqual(picked!.request, { ...alone, seed: '9' })
    assert.equal(picked!.startedMs, picked!.endedMs)
    assert.equal(fake.messages().filter(({ outgoing }) => outgoing.tone !== 'done').length, 0)
    // it is a job like any other
    await tester.drawn('bob', `/again job:${picked!.id}`)
    assert.deepEqual(drawn, ['a boat', 'a boat'])
    // and stays when the grid goes
    await tester.say('ann', `/cancel job:${grid.id} sure:yes`)
    const names: string[] = []
    for await (const { name } of store.blobs.all()) names.push(name)
    assert.ok(!names.some((name) => name.startsWith(grid.id)), `${names}`)
    assert.deepEqual(Buffer.from((await store.blobs.get(picked!.result!.blob))!), side(2))
  })

  test('is given in private where that is asked for, and takes changes as one alone does', async (t) => {
    const drawn: string[] = []
    const tester = await createCommandTester({ renderer: keepingCells(drawn) })
    t.after(() => tester.testChat.close())
    const grid = await tester.drawn('ann', '/animate a boat count:3 seed:7')
    await tester.say('bob', `/again job:${grid.id} pick:2 private:yes`)
    const shown = tester.testChat.fake
      .messages()
      .filter(({ outgoing }) => outgoing.picture && Buffer.from(outgoing.picture.bytes).equals(side(1)))
    assert.deepEqual(
      shown.map(({ to }) => to),
      ['bob'],
    )
    const { count: _count, ...alone } = grid.request
    const slower = await tester.drawn('bob', `/again job:${grid.id} pick:2 steps:9`)
    assert.deepEqual(slower.request, { ...alone, seed: '8', steps: 9 })
    const longer = await tester.drawn('bob', `/again job:${grid.id} pick:3 longer:yes`)
    assert.deepEqual(longer.request.earlier, { blob: cellBlobOf(grid.result!.blob, 2), frames: alone.frames, as: 'beginning' })
    assert.equal(longer.request.count, undefined)
    assert.deepEqual(drawn, ['a boat', 'a boat', 'a boat'])
  })

  test('is drawn from its seed where its file is gone, or is more than the place takes', async (t) => {
    const drawn: string[] = []
    const tester = await createCommandTester({ renderer: keepingCells(drawn) })
    t.after(() => tester.testChat.close())
    const grid = await tester.drawn('ann', '/animate a boat count:2 seed:7')
    await tester.drawn('bob', `/again job:${grid.id} pick:1`, { maxBytes: 10 })
    await tester.testChat.store.blobs.delete(cellBlobOf(grid.result!.blob, 1))
    const again = await tester.drawn('bob', `/again job:${grid.id} pick:2`)
    assert.equal(again.request.seed, '8')
    assert.equal(drawn.length, 3)
  })

  test('is looked at as every request is: words that are blocked here, channels', async (t) => {
    const tester = await createCommandTester({ renderer: keepingCells([]) })
    t.after(() => tester.testChat.close())
    const grid = await tester.drawn('ann', '/animate a boat count:2')
    await tester.say('root', '/settings block words:boat outcome:refuse')
    assert.equal((await tester.say('bob', `/again job:${grid.id} pick:1`)).tone, 'refused')
  })
})

describe('what is far above the model', () => {
  test('is asked about first, with the time it would take; nobody else can say yes', async (t) => {
    const tester = await createCommandTester()
    t.after(() => tester.testChat.close())
    const asked = await tester.say('ann', '/animate a boat size:128x128')
    assert.equal(asked.text, '128 × 128 is far above the 64 × 64 that pocket was made for, and often looks worse. Draw it all the same?')
    const { command } = asked.buttons![0]!
    assert.match((await tester.say('bob', command)).text, /no longer there/)
    const job = await tester.drawn('ann', command)
    assert.equal(job.request.width, 128)
    const work = await tester.say('ann', '/animate a boat frames:32 steps:50')
    assert.match(
      work.text,
      /^That is 6 times the work of what is usual here\. It would be drawn for about \d+ \w+\. Draw it all the same\?$/,
    )
    assert.equal((await tester.drawn('ann', '/animate a boat frames:32')).request.frames, 32, 'somewhat more is not asked about')
  })
})
