/** Everything that fulfils the ports of Redis, as rows of the contract suites. A row that cannot run fails. */

import { inject } from 'vitest'
import { makeMemoryCodeStore } from '../../src/adapters/memory/code-store.ts'
import { makeMemoryIdempotencyRecords } from '../../src/adapters/memory/idempotency-records.ts'
import { makeMemorySendLimits } from '../../src/adapters/memory/send-limits.ts'
import { makeRedisCodeStore } from '../../src/adapters/redis/code-store.ts'
import { makeRedisIdempotencyRecords } from '../../src/adapters/redis/idempotency-records.ts'
import { openRedis } from '../../src/adapters/redis/open-redis.ts'
import { makeRedisSendLimits } from '../../src/adapters/redis/send-limits.ts'
import type { CodeStore } from '../../src/ports/code-store.ts'
import type { IdempotencyRecords } from '../../src/ports/idempotency-records.ts'
import type { SendLimits } from '../../src/ports/send-limits.ts'
import { addressesOf, startRedis, type TestRedis } from '../support/redis.ts'
import { startRedisCluster } from '../support/redis-cluster.ts'

export interface Stores {
  codes: CodeStore
  sendLimits: SendLimits
  idempotency: IdempotencyRecords
  /** Moves the store's clock, which otherwise runs as it does. */
  advance(ms: number): void
  /** Moves the store's clock to (about) so many ms after the next midnight UTC. */
  toTimeOfDay(ms: number): void
  /** Null: nothing outside this process holds anything. */
  server: TestRedis | null
  close(): Promise<void>
}

type Row = [name: string, open: () => Promise<Stores>]

const memory: Row = ['memory', async () => openMemory()]
const servers: Row[] = [
  ['Redis', async () => openOn(await startRedis())],
  ['Redis Cluster', async () => openOn(await startRedisCluster())],
]

/** Mutation testing, and nothing else, leaves the servers out: what it changes runs in this process. */
export const rows: Row[] = inject('inProcessOnly') ? [memory] : [memory, ...servers]

declare module 'vitest' {
  export interface ProvidedContext {
    inProcessOnly?: boolean
  }
}

function makeTestClock() {
  let offset = 0
  return {
    offset: () => offset,
    now: () => Date.now() + offset,
    advance(ms: number) {
      offset += ms
    },
    toTimeOfDay(ms: number) {
      const day = 86_400_000
      offset += day - ((Date.now() + offset) % day) + ms
    },
  }
}

function openMemory(): Stores {
  const { now, advance, toTimeOfDay } = makeTestClock()
  return {
    codes: makeMemoryCodeStore(now),
    sendLimits: makeMemorySendLimits(now),
    idempotency: makeMemoryIdempotencyRecords(now),
    advance,
    toTimeOfDay,
    server: null,
    close: async () => {},
  }
}

async function openOn(server: TestRedis): Promise<Stores> {
  const { offset, advance, toTimeOfDay } = makeTestClock()
  // A machine that runs all suites at once may take longer than the 300 ms of production.
  const redis = await openRedis({ ...addressesOf(server), deadlineMs: 5000 }, offset)
  return {
    codes: makeRedisCodeStore(redis),
    sendLimits: makeRedisSendLimits(redis),
    idempotency: makeRedisIdempotencyRecords(redis),
    advance,
    toTimeOfDay,
    server,
    async close() {
      await redis.close()
      await server.stop()
    },
  }
}
