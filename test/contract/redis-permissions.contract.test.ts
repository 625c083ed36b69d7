/** DEP-1: holes in Redis are mostly reached by commands that a service never needs; so it must live without them. */
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeRedisCodeStore } from '../../src/adapters/redis/code-store.ts'
import { makeRedisIdempotencyRecords } from '../../src/adapters/redis/idempotency-records.ts'
import { openRedis, type RedisConnection } from '../../src/adapters/redis/open-redis.ts'
import { makeRedisSendLimits } from '../../src/adapters/redis/send-limits.ts'
import { contactLimit, portalDayLimit } from '../../src/domain/limits.ts'
import { type OwnRedis, startRedis } from '../support/redis.ts'
import { newChallenge, newCode, newEnrollment, newTarget } from './sample-codes.ts'

/** What the user of the service may do: run scripts, what those do to keys, and ask about memory. */
const ALLOWED = [
  ...['evalsha', 'eval', 'info', 'ping'],
  ...['del', 'pexpire', 'pttl', 'time'],
  ...['hset', 'hget', 'hmget', 'hgetall', 'hdel', 'hexists', 'hincrby'],
  ...['zadd', 'zcount', 'zrangebyscore', 'zrem', 'zremrangebyscore', 'zscore'],
]
const FORBIDDEN = [
  ['config', 'get', '*'],
  ['keys', '*'],
  ['scan', '0'],
  ['flushall'],
  ['script', 'load', 'return 1'],
  ['script', 'flush'],
  ['function', 'list'],
  ['acl', 'list'],
  ['replicaof', 'no', 'one'],
  ['module', 'list'],
  ['shutdown'],
  ['monitor'],
]

let server: OwnRedis
let redis: RedisConnection
let url: string
beforeAll(async () => {
  const rules = ['on', '>secret', '~*', 'resetchannels', '-@all', ...ALLOWED.map(name => `+${name}`)]
  server = await startRedis({ options: ['--user', 'portal', ...rules] })
  url = `redis://portal:secret@127.0.0.1:${server.port}`
  redis = await openRedis({ urls: [url], cluster: false, deadlineMs: 5000 }, () => 0)
})
afterAll(async () => {
  await redis?.close()
  await server?.stop()
})

describe('a Redis user that may run scripts and little else', () => {
  it('DEP-1: is all that the service needs', async () => {
    await redis.checkPolicy()
    await redis.ping()
    const codes = makeRedisCodeStore(redis)
    for (const opening of [newChallenge(), newEnrollment()]) {
      const { binding } = opening
      expect((await codes.open(opening)).outcome).toBe('opened')
      await codes.noteSend(binding, 1, 'sent')
      expect((await codes.renew(binding, newCode(newTarget()))).outcome).not.toBe('missing')
      expect((await codes.spend(binding, binding.loginDigest, 'a')).outcome).toBe('spent')
      await codes.end(binding, 'verified')
      expect(await codes.read(binding)).toMatchObject({ status: 'verified' })
      const limits = [contactLimit(binding), portalDayLimit(binding.portalId, 10, true)]
      const sendLimits = makeRedisSendLimits(redis)
      expect((await sendLimits.reserve('a', limits)).granted).toBe(true)
      await sendLimits.giveBack('a', limits)
      await sendLimits.clear(limits)
    }
    const idempotency = makeRedisIdempotencyRecords(redis)
    expect((await idempotency.begin('acme/a', 'body', 30_000)).outcome).toBe('started')
    await idempotency.answer('acme/a', 'body', 'answer', 60_000)
    expect((await idempotency.begin('acme/a', 'body', 30_000)).outcome).toBe('answered')
    await idempotency.begin('acme/b', 'body', 30_000)
    await idempotency.release('acme/b')
  })

  it('DEP-1: may really not do the rest', async () => {
    const client = new Redis(url, { retryStrategy: null })
    try {
      for (const [name = '', ...args] of FORBIDDEN)
        await expect(client.call(name, ...args), name).rejects.toThrow(/NOPERM/)
    } finally {
      client.disconnect()
    }
  })
})
