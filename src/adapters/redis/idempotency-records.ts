import type { IdempotencyRecords } from '../../ports/idempotency-records.ts'
import { requestKey } from './keys.ts'
import type { RedisConnection } from './open-redis.ts'
import { scripts } from './scripts.ts'

/** Answers under their Idempotency-Key, in Redis. */
export const makeRedisIdempotencyRecords = ({ run }: RedisConnection): IdempotencyRecords => ({
  async begin(scope, bodyDigest, leaseMs) {
    const [outcome, answer] = await run(scripts.beginRequest, [requestKey(scope)], [bodyDigest, Math.ceil(leaseMs)])
    return outcome === 'answered' ? { outcome, answer } : { outcome }
  },

  async answer(scope, bodyDigest, answer, ttlMs) {
    await run(scripts.answerRequest, [requestKey(scope)], [bodyDigest, answer, Math.ceil(ttlMs)])
  },

  async release(scope) {
    await run(scripts.releaseRequest, [requestKey(scope)], [])
  },
})
