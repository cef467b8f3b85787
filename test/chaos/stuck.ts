// What is stuck at the end of a chaos run, as Redis shows it: what hosts say, where attempts were placed, what BullMQ knows of them.

import type { Redis } from 'ioredis'
import { keys } from '../../src/render/bullmq/protocol/keys.ts'

export async function describeStuck(redis: Redis, jobs: readonly string[]): Promise<string> {
  const lines: string[] = []
  for (const text of Object.values(await redis.hgetall(keys.hosts))) {
    const { host, seq, state, runs } = bodyOf(text)
    lines.push(JSON.stringify({ host, seq, state, runs }))
  }
  for (const job of jobs) {
    const placement = await redis.get(keys.placement(job))
    lines.push(`${job} placement ${placement && JSON.stringify(bodyOf(placement))}`)
    for (const key of await redis.keys(`${keys.queues}:*:${job}.*`)) {
      if ((await redis.type(key)) !== 'hash') lines.push(`  ${key} ${await redis.get(key)}`)
      else lines.push(`  ${key} ${(await redis.hmget(key, 'processedOn', 'finishedOn', 'failedReason')).join(' ')}`)
    }
  }
  return lines.join('\n')
}

function bodyOf(signed: string): Readonly<Record<string, unknown>> {
  return JSON.parse(signed.slice(signed.indexOf('{'))).body
}
