import assert from 'node:assert/strict'
import { copyFileSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { animeLora, attached, models, openTestStyles, refusal } from '../test-styles.ts'

const { file, files } = attached(animeLora())
const request = {
  prompt: 'a cat',
  negative: '',
  width: 64,
  height: 64,
  frames: 16,
  fps: 10,
  steps: 16,
  guidance: 4,
  seed: '1',
  clipSkip: 1,
  format: 'webp',
} as const

describe('who may', () => {
  test('admins, people and roles that the settings name; nobody else, whatever they ask for', async () => {
    const setup = await openTestStyles()
    const stranger = setup.admin({ admin: false, person: 'bob', roles: ['r1'], managers: ['r2', 'ann'], files })
    const tries = [
      () => stranger.add({ name: 'x', extend: false, file }),
      () => stranger.edit('anime', { before: 'x' }),
      () => stranger.set('anime', 'quarantined'),
      () => stranger.rename('anime', 'y'),
      () => stranger.remove('anime', true),
      () => stranger.rollback('anime'),
      () => stranger.record('anime'),
      () => stranger.preview('anime', 'webp'),
    ]
    for (const call of tries) assert.equal((await refusal(call())).code, 'not-a-style-manager')
    assert.deepEqual(setup.files(), [])
    assert.deepEqual(setup.drawn, [])
    await setup.admin({ admin: false, person: 'bob', roles: ['r1'], managers: ['r1'], files }).add({ name: 'by-role', extend: false, file })
    await setup.admin({ admin: false, person: 'bob', managers: ['bob'], files }).add({ name: 'by-id', extend: false, file })
    setup.close()
  })

  test('a style is changed where it was added, or by the operator; elsewhere one for admins is not even known', async () => {
    const setup = await openTestStyles()
    const admin = setup.admin({ files })
    await admin.add({ name: 'ink', extend: false, file })
    const elsewhere = setup.admin({ space: 's2', person: 'eve' })
    assert.equal((await refusal(elsewhere.edit('ink', { before: 'x' }))).code, 'unknown-style')
    await admin.set('ink', 'published')
    for (const call of [
      elsewhere.edit('ink', { before: 'x' }),
      elsewhere.remove('ink', true),
      elsewhere.record('ink'),
      elsewhere.rollback('ink'),
    ])
      assert.equal((await refusal(call)).code, 'style-elsewhere')
    await setup.admin({ platform: 'web', space: 'page', person: 'op' }).set('ink', 'quarantined')
    const { changes } = await admin.record('ink')
    assert.deepEqual(
      changes.map(({ by }) => by),
      ['op (web/op)', 'ann (discord/ann)', 'ann (discord/ann)'],
    )
    assert.ok(changes.every(({ atMs }) => atMs === setup.clock.nowMs))
    setup.close()
  })
})

describe('what is offered everywhere', () => {
  const everywhere = (setup: Awaited<ReturnType<typeof openTestStyles>>, name: string) => setup.styles.find(name, 'discord/s9', false)

  test('is decided by the operator: an admin of one place publishes for that place', async () => {
    const setup = await openTestStyles()
    const admin = setup.admin({ files })
    assert.equal((await admin.add({ name: 'ink', extend: false, file })).where, 'here')
    assert.equal((await admin.set('ink', 'published')).where, 'here')
    assert.equal(await everywhere(setup, 'ink'), undefined)
    assert.ok(await setup.styles.find('ink', 'discord/s1', false))
    assert.equal((await refusal(admin.edit('ink', { where: 'everywhere' }))).code, 'style-everywhere')
    const operator = setup.admin({ platform: 'web', space: 'page', person: 'op', files })
    assert.equal((await operator.edit('ink', { where: 'everywhere' })).where, 'everywhere')
    assert.ok(await everywhere(setup, 'ink'))
    setup.close()
  })

  test('is changed by nobody else under those who use it, and may be withdrawn where it came from', async () => {
    const setup = await openTestStyles()
    const admin = setup.admin({ files })
    const other = attached(readFileSync(join(models, 'pocket/loras/sepia.safetensors')), 'other.safetensors')
    const operator = setup.admin({ platform: 'web', space: 'page', person: 'op', files })
    await admin.add({ name: 'ink', extend: false, file })
    await admin.edit('ink', { before: 'ink of' })
    await admin.set('ink', 'published')
    await operator.edit('ink', { where: 'everywhere' })
    for (const call of [
      () => admin.edit('ink', { before: 'something else' }),
      () => admin.rename('ink', 'anime2'),
      () => setup.admin({ files: other.files }).add({ name: 'ink', extend: true, file: other.file }),
    ])
      assert.equal((await refusal(call())).code, 'style-everywhere')
    assert.equal((await admin.edit('ink', { before: 'something else', where: 'here' })).where, 'here')
    assert.equal(await everywhere(setup, 'ink'), undefined)
    await operator.edit('ink', { where: 'everywhere' })
    assert.equal((await admin.set('ink', 'quarantined')).state, 'quarantined')
    setup.close()
  })

  test('is not widened by going back to what it was', async () => {
    const setup = await openTestStyles()
    const admin = setup.admin({ files })
    const operator = setup.admin({ platform: 'web', space: 'page', person: 'op', files })
    await admin.add({ name: 'ink', extend: false, file })
    await admin.set('ink', 'published')
    const { change } = await operator.edit('ink', { where: 'everywhere' })
    await admin.edit('ink', { where: 'here', before: 'other words' })
    assert.equal((await refusal(admin.rollback('ink', change))).code, 'style-everywhere')
    await admin.remove('ink', false)
    assert.equal((await admin.rollback('ink', change)).where, 'here')
    assert.equal(await everywhere(setup, 'ink'), undefined)
    assert.equal((await operator.rollback('ink', change)).where, 'everywhere')
    setup.close()
  })
})

describe('quotas', () => {
  test('so many files an hour, then the next with the wait; a refused one does not count', async () => {
    const setup = await openTestStyles({ quotas: { maxFileBytes: 1e9, maxSpaceBytes: 1e9, maxBytes: 1e9, addsPerHour: 2 } })
    const admin = setup.admin({ files })
    await admin.add({ name: 'one', extend: false, file })
    await refusal(admin.add({ name: 'one', extend: false, file }))
    setup.clock.nowMs += 10 * 60_000
    await admin.add({ name: 'two', extend: false, file })
    const { code, message } = await refusal(admin.add({ name: 'three', extend: false, file }))
    assert.equal(code, 'quota-hour')
    assert.equal(message, '2 files an hour may be added here; the next in 50 minutes.')
    await setup.admin({ space: 's2', files }).add({ name: 'three', extend: false, file })
    setup.clock.nowMs += 50 * 60_000
    await admin.add({ name: 'four', extend: false, file })
    // A clock that is set back makes nobody wait until it has caught up.
    setup.clock.nowMs -= 24 * 3_600_000
    await admin.add({ name: 'five', extend: false, file })
    setup.close()
  })

  test('so many bytes a place and in all; forgetting makes room, removing does not', async () => {
    const sepia = join(models, 'pocket/loras/sepia.safetensors')
    const bytes = animeLora().length
    const larger = Math.max(bytes, statSync(sepia).size)
    const setup = await openTestStyles({
      quotas: { maxFileBytes: 1e9, maxSpaceBytes: larger + 1000, maxBytes: 2 * larger + 1000, addsPerHour: 100 },
    })
    copyFileSync(sepia, join(setup.hostFolder, 's.safetensors'))
    const admin = setup.admin({ files })
    await admin.add({ name: 'one', extend: false, file })
    assert.equal((await refusal(admin.add({ name: 'two', extend: false, path: 's.safetensors' }))).code, 'file-too-large')
    await admin.remove('one', false)
    assert.equal((await refusal(admin.add({ name: 'two', extend: false, path: 's.safetensors' }))).code, 'file-too-large')
    await admin.remove('one', true)
    await admin.add({ name: 'two', extend: false, path: 's.safetensors' })
    await setup.admin({ space: 's2', files }).add({ name: 'three', extend: false, file })
    const full = await openTestStyles({ quotas: { maxFileBytes: 1e9, maxSpaceBytes: bytes, maxBytes: bytes, addsPerHour: 100 } })
    await full.admin({ files }).add({ name: 'one', extend: false, file })
    assert.equal((await refusal(full.admin({ files }).add({ name: 'two', extend: false, file }))).code, 'quota-space')
    assert.equal((await refusal(full.admin({ space: 's2', files }).add({ name: 'two', extend: false, file }))).code, 'quota-all')
    setup.close()
    full.close()
  })

  test('two files are taken in at once, and no third', async () => {
    const ends: (() => void)[] = []
    const download = () => new Promise<never>((_, reject) => ends.push(() => reject(new Error('let go'))))
    const setup = await openTestStyles({ download })
    const add = (name: string) => setup.admin().add({ name, extend: false, url: 'https://huggingface.co/x' })
    const held = [add('a'), add('b')].map((adding) => adding.catch(() => 'ended'))
    assert.equal((await refusal(add('c'))).code, 'intake-busy')
    for (const go of ends) go()
    assert.deepEqual(await Promise.all(held), ['ended', 'ended'])
    setup.close()
  })
})

describe('a preview', () => {
  test('draws the same words, seed and size with the style and without; the plain one once for all styles', async () => {
    const setup = await openTestStyles()
    const admin = setup.admin({ files })
    await admin.add({ name: 'ink', extend: false, file, strength: 0.7 })
    await admin.edit('ink', { before: 'zxc' })
    const preview = await admin.preview('ink', 'webp')
    assert.ok(preview)
    const [plain, styled] = setup.drawn
    assert.deepEqual(plain!.request, styled!.request)
    assert.deepEqual(plain!.model.loras, [])
    assert.deepEqual(
      styled!.model.loras.map(({ strength }) => strength),
      [0.7],
    )
    assert.equal(plain!.prompt, 'a red ball bouncing in a meadow')
    assert.equal(styled!.prompt, 'zxc, a red ball bouncing in a meadow')
    await admin.preview('ink', 'webp')
    await admin.add({ name: 'ink2', extend: false, file })
    await admin.preview('ink2', 'webp')
    assert.equal(setup.drawn.length, 3)
    assert.equal((await setup.styles.picture('ink'))?.width, 256)
    await admin.edit('ink', { strength: 0.5 })
    assert.equal(await setup.styles.picture('ink'), undefined)
    setup.close()
  })

  test('that takes longer than a person waits goes on, and is there when asked for again', async () => {
    const finish: (() => void)[] = []
    const animation = { bytes: new Uint8Array(30), format: 'webp', width: 1, height: 1 } as const
    const draw = () => new Promise<{ animation: typeof animation }>((resolve) => finish.push(() => resolve({ animation })))
    const setup = await openTestStyles({ draw, patienceMs: 1 })
    const admin = setup.admin({ files })
    await admin.add({ name: 'ink', extend: false, file })
    assert.equal(await admin.preview('ink', 'webp'), undefined)
    assert.equal(await admin.preview('ink', 'webp'), undefined)
    assert.equal(finish.length, 1)
    finish[0]!()
    while (finish.length < 2) await new Promise((resolve) => setImmediate(resolve))
    finish[1]!()
    while (setup.blobs.size === 0) await new Promise((resolve) => setImmediate(resolve))
    assert.ok(await setup.styles.picture('ink'))
    setup.close()
  })
})

describe('edits', () => {
  test('change what a request draws: words, negative words, size, sampler, where it does not say otherwise', async () => {
    const setup = await openTestStyles()
    const admin = setup.admin({ files })
    await admin.add({ name: 'ink', extend: false, file })
    await admin.set('ink', 'published')
    await admin.edit('ink', {
      before: 'ink drawing',
      after: 'on paper',
      negative: 'photo',
      width: 160,
      height: 96,
      steps: 9,
      sampler: 'euler',
      triggers: 'zxc',
    })
    const { width, height, steps, negative, guidance } = await setup.styles.model('ink')
    const usual = await setup.styles.model(undefined)
    assert.deepEqual(
      { width, height, steps, negative, guidance },
      { width: 160, height: 96, steps: 9, negative: 'photo', guidance: usual.guidance },
    )
    const recipe = await setup.styles.recipe({ ...request, negative: 'grey', style: 'INK' })
    assert.equal(recipe.prompt, 'zxc, ink drawing, a cat, on paper')
    assert.equal(recipe.negative, 'grey, photo')
    assert.equal(recipe.request.sampler, 'euler')
    assert.equal((await setup.styles.recipe({ ...request, style: 'ink', sampler: 'ddim' })).request.sampler, 'ddim')
    await admin.edit('ink', { usual: true, triggers: '', before: '', after: '' })
    assert.equal((await setup.styles.recipe({ ...request, style: 'ink' })).prompt, 'a cat')
    assert.equal((await setup.styles.model('ink')).width, 128)
    assert.equal((await refusal(admin.edit('ink', { before: '' }))).code, 'style-unchanged')
    setup.close()
  })

  test('a request without a style draws the base, one with files draws those, one of a style that went is told so', async () => {
    const setup = await openTestStyles()
    assert.match((await setup.styles.recipe(request)).model.checkpoint, /pocket$/)
    const own = { checkpoint: '/x', loras: [] }
    assert.deepEqual((await setup.styles.recipe({ ...request, model: own })).model, own)
    const admin = setup.admin({ files })
    await admin.add({ name: 'ink', extend: false, file })
    await admin.set('ink', 'quarantined')
    assert.equal((await refusal(setup.styles.recipe({ ...request, style: 'ink' }))).code, 'style-gone')
    setup.close()
  })

  test('a style on a base that is no longer installed is not offered, and is told of', async () => {
    const other = await openTestStyles({
      bases: [{ name: 'large', files: { checkpoint: join(models, 'pocket'), loras: [] }, example: 'x' }],
    })
    assert.deepEqual(await other.styles.list('discord/s1', true), [])
    assert.equal((await refusal(other.admin({ platform: 'web' }).preview('anime', 'webp'))).code, 'style-base-missing')
    other.close()
  })
})
