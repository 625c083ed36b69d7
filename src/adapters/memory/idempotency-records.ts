import type { IdempotencyRecords } from '../../ports/idempotency-records.ts'
import { makeExpiringMap } from './expiring-map.ts'

/** Answers under their Idempotency-Key, in this process. `now`: ms, the clock that judges leases. */
export function makeMemoryIdempotencyRecords(now: () => number): IdempotencyRecords {
  const requests = makeExpiringMap<{ body: string; answer?: string }>(now)

  return {
    async begin(scope, body, leaseMs) {
      const request = requests.get(scope)
      if (request && request.body !== body) return { outcome: 'other_body' }
      if (request?.answer !== undefined) return { outcome: 'answered', answer: request.answer }
      if (request) return { outcome: 'running' }
      requests.set(scope, { body }, now() + leaseMs)
      return { outcome: 'started' }
    },

    async answer(scope, body, answer, ttlMs) {
      if (requests.get(scope)?.answer === undefined) requests.set(scope, { body, answer }, now() + ttlMs)
    },

    async release(scope) {
      if (requests.get(scope)?.answer === undefined) requests.delete(scope)
    },
  }
}
