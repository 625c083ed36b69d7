/** What may be lost: Redis, or memory in its place. */
import type { Config } from '../config.ts'
import type { Ports } from '../ports/ports.ts'
import type { Dependency } from '../ports/readiness.ts'
import { makeMemoryCodeStore } from './memory/code-store.ts'
import { makeMemoryIdempotencyRecords } from './memory/idempotency-records.ts'
import { makeMemorySendLimits } from './memory/send-limits.ts'
import { makeSystemClock } from './node/clock.ts'
import { makeRedisCodeStore } from './redis/code-store.ts'
import { makeRedisIdempotencyRecords } from './redis/idempotency-records.ts'
import { openRedis } from './redis/open-redis.ts'
import { makeRedisSendLimits } from './redis/send-limits.ts'

interface Stores {
  ports: Pick<Ports, 'codes' | 'sendLimits' | 'idempotency'>
  dependencies: Dependency[]
}

/** Opens without a server as well; rejects when one says that it may evict keys, unless that is allowed. */
export async function openStores(
  config: Config['redis'],
  clockOffsetMs: () => number,
  deadline: { deadlineMs?: number },
  closing: AsyncDisposableStack,
): Promise<Stores> {
  if (config.kind === 'memory') return memoryStores(clockOffsetMs)
  const redis = await openRedis({ ...config, ...deadline }, clockOffsetMs)
  closing.defer(redis.close)
  await redis.checkPolicy()
  const ports = {
    codes: makeRedisCodeStore(redis),
    sendLimits: makeRedisSendLimits(redis),
    idempotency: makeRedisIdempotencyRecords(redis),
  }
  return { ports, dependencies: [redis] }
}

function memoryStores(clockOffsetMs: () => number): Stores {
  const clock = makeSystemClock(clockOffsetMs)
  const now = () => clock.now().getTime()
  const ports = {
    codes: makeMemoryCodeStore(now),
    sendLimits: makeMemorySendLimits(now),
    idempotency: makeMemoryIdempotencyRecords(now),
  }
  return { ports, dependencies: [] }
}
