/** Moves slots of a Redis Cluster from one master to another, slowly enough for callers to meet them on the way. */
import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { OwnRedis } from './redis.ts'

const BATCH = 512

/** Half of the slots of `from`: a master without any would become a replica. `keyPauseMs` is between two keys. */
export async function moveHalf(from: OwnRedis, to: OwnRedis, others: OwnRedis[], keyPauseMs = 5): Promise<void> {
  const [source, target, ...rest] = [from, to, ...others].map(({ url }) => new Redis(url))
  if (!source || !target) return
  try {
    const slots = await slotsOf(source)
    for (let at = 0; at < slots.length / 2; at += BATCH)
      await moveSlots(slots.slice(at, at + BATCH), source, target, rest, () => wait(keyPauseMs))
  } finally {
    for (const node of [source, target, ...rest]) node.disconnect()
  }
}

/**
 * Each key travels alone, so that those of one script are on two nodes for a while, and after each one comes
 * `afterKey`. `source` and `target` are masters, and with `others` all of them.
 */
export async function moveSlots(
  slots: number[],
  source: Redis,
  target: Redis,
  others: Redis[],
  afterKey = async (): Promise<unknown> => undefined,
): Promise<void> {
  const [sourceId, targetId] = [await idOf(source), await idOf(target)]
  await onEach(slots, target, slot => ['cluster', 'setslot', slot, 'importing', sourceId])
  await onEach(slots, source, slot => ['cluster', 'setslot', slot, 'migrating', targetId])
  for (let keys = await keysIn(slots, source); keys.length > 0; keys = await keysIn(slots, source))
    for (const key of keys) {
      await source.call('MIGRATE', '127.0.0.1', `${target.options.port}`, key, '0', '5000')
      await afterKey()
    }
  for (const node of [target, source, ...others])
    await onEach(slots, node, slot => ['cluster', 'setslot', slot, 'node', targetId])
}

const idOf = async (node: Redis): Promise<string> => String(await node.cluster('MYID'))

async function slotsOf(node: Redis): Promise<number[]> {
  const myself = String(await node.cluster('NODES'))
    .split('\n')
    .find(line => line.includes('myself'))
  const ranges = (myself ?? '').split(' ').slice(8)
  return ranges.flatMap(range => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, at) => first + at)
  })
}

async function onEach(
  slots: number[],
  node: Redis,
  command: (slot: number) => (string | number)[],
): Promise<unknown[]> {
  const replies = (await node.pipeline(slots.map(command)).exec()) ?? []
  return replies.map(([error, reply]) => {
    if (error) throw error
    return reply
  })
}

const keysIn = async (slots: number[], node: Redis): Promise<string[]> =>
  (await onEach(slots, node, slot => ['cluster', 'getkeysinslot', slot, 100])).flat() as string[]
