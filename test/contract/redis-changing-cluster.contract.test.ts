/** A Cluster that changes under the calls: what it refuses for a moment is sent again, what may have run is not. */
import { once } from 'node:events'
import { Cluster, type Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { makeClient } from '../../src/adapters/redis/client.ts'
import { makeRedisCodeStore } from '../../src/adapters/redis/code-store.ts'
import { makeRedisIdempotencyRecords } from '../../src/adapters/redis/idempotency-records.ts'
import { limitKeys, requestKey } from '../../src/adapters/redis/keys.ts'
import { openRedis, type RedisConnection } from '../../src/adapters/redis/open-redis.ts'
import { makeSend, type Send } from '../../src/adapters/redis/send.ts'
import { makeRedisSendLimits } from '../../src/adapters/redis/send-limits.ts'
import { contactLimit } from '../../src/domain/limits.ts'
import { addressesOf, type OwnRedis } from '../support/redis.ts'
import { connectToAll, type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts'
import { moveSlots } from '../support/slots.ts'
import { newChallenge } from './sample-codes.ts'

/** Keys on every master. */
const KEYS = Array.from({ length: 30 }, (_, number) => `t/${number}`)
const COUNT = "return redis.call('INCR', KEYS[1])"
const SCRIPTS = { count: { lua: COUNT, numberOfKeys: 1 } }
const DAY = { max: 1, perUtcDay: true } as const
const DOWN = 'ReplyError: CLUSTERDOWN The cluster is down'
const recovery = { timeout: 15_000 }

let cluster: RedisCluster
let client: Cluster
let send: Send
let redis: RedisConnection
let offsetMs = 0
/** Connections of our own to the masters, in their order. */
let nodes: Redis[]

beforeAll(async () => {
  cluster = await startRedisCluster()
  const made = makeClient(addressesOf(cluster), SCRIPTS)
  if (!(made instanceof Cluster)) throw new Error('three addresses are a Cluster')
  client = made
  send = makeSend(client, 1000)
  await once(client, 'ready')
  redis = await openRedis({ ...addressesOf(cluster), deadlineMs: 5000 }, () => offsetMs)
  nodes = connectToAll(cluster)
}, 60_000)
afterAll(async () => {
  for (const node of nodes) node.disconnect()
  client.disconnect()
  await redis.close()
  await cluster.stop()
})
beforeEach(() => cluster.flush())

const count = (key: string): Promise<unknown> => send('count', [key], () => false)
const countAll = (): Promise<unknown[]> => Promise.all(KEYS.map(count))

/** Those of KEYS that a master has the slots of. */
async function keysOn(master: Redis): Promise<string[]> {
  const known = await Promise.allSettled(KEYS.map(key => master.exists(key)))
  return KEYS.filter((_, at) => known[at]?.status === 'fulfilled')
}

/** When some node is next about to be connected. */
const nextConnecting = (): Promise<unknown> =>
  new Promise(resolve => client.once('+node', (node: Redis) => void node.once('connecting', resolve)))

it('waits for keys that are on their way from one master to another', async () => {
  const codes = makeRedisCodeStore(redis)
  const { binding, ...opening } = newChallenge()
  await codes.open({ binding, ...opening })
  const keysOf = (node: Redis) => node.keys(`{c/${binding.portalId}/${binding.contactId}}*`)
  const counts = () => Promise.all(nodes.map(async node => (await keysOf(node)).length))
  const at = (await counts()).indexOf(2)
  const [source, target, other] = [...nodes.slice(at), ...nodes.slice(0, at)] as [Redis, Redis, Redis]
  const [key = ''] = await keysOf(source)
  const slot = await source.cluster('KEYSLOT', key)
  const refusals = () => refusedIn([source, target])

  const before = await refusals()
  let spent: ReturnType<typeof codes.spend> | undefined
  await moveSlots([slot], source, target, [other], async () => {
    if (spent) return
    expect((await counts()).sort()).toEqual([0, 1, 1])
    spent = codes.spend(binding, binding.loginDigest, 'attempt')
    await vi.waitFor(async () => expect(await refusals()).toBeGreaterThan(before + 20), { ...recovery, interval: 2 })
  })
  expect((await spent)?.outcome).toBe('spent')
})

/** How often these nodes said that not all keys of a call are there yet. */
async function refusedIn(nodes: Redis[]): Promise<number> {
  const told = await Promise.all(nodes.map(node => node.info('errorstats')))
  return told.reduce((sum, text) => sum + Number(/errorstat_TRYAGAIN:count=(\d+)/.exec(text)?.[1] ?? 0), 0)
}

// A key that is deleted or emptied on the way belongs to the other node at once, and the rest of its script is refused.
it('begins windows, days and requests anew while their slots are on their way', async () => {
  const [limits, requests] = [makeRedisSendLimits(redis), makeRedisIdempotencyRecords(redis)]
  const [window, day] = [
    contactLimit(newChallenge().binding),
    { name: 'portal_day', key: 't/day', windows: [DAY] } as const,
  ]
  const reserve = (sendId: string) => limits.reserve(sendId, [window, day])
  const begin = () => requests.begin('acme/request', 'digest', 60_000)
  expect([await reserve('a'), await begin()]).toMatchObject([{ granted: true }, { outcome: 'started' }])
  offsetMs = 2 * 86_400_000
  const slots = [limitKeys(window.key).sent, limitKeys(day.key).day, requestKey('acme/request')]
  const settle = await Promise.all(slots.map(setOut))
  try {
    expect([await reserve('b'), await begin()]).toMatchObject([{ granted: true }, { outcome: 'started' }])
  } finally {
    offsetMs = 0
    for (const stay of settle) await stay()
  }
})

/** Lets the slot of a key that exists set out for another master, before any key of it; returns how to let it stay. */
async function setOut(key: string): Promise<() => Promise<unknown>> {
  const known = await Promise.all(nodes.map(node => node.exists(key).catch(() => 0)))
  const [source, target] = [known.indexOf(1), known.indexOf(0)].map(at => nodes[at]) as [Redis, Redis]
  const slot = await source.cluster('KEYSLOT', key)
  await target.cluster('SETSLOT', slot, 'IMPORTING', String(await source.cluster('MYID')))
  await source.cluster('SETSLOT', slot, 'MIGRATING', String(await target.cluster('MYID')))
  return () => Promise.all([source, target].map(node => node.cluster('SETSLOT', slot, 'STABLE')))
}

// Redis takes the slots from a master that has become a replica, and may hear a moment later who has them now.
it('waits while a node knows no master for some slot, and says so when that lasts', async () => {
  const [master] = cluster.masters as [OwnRedis]
  await master.tell('CLUSTER', 'DELSLOTS', '0')
  const answers = KEYS.map(key => send('count', [key], () => false).catch(String))
  expect(await Promise.all(answers)).toContain(DOWN)
  await cluster.flush()
  const counted = countAll()
  await nodes[0]?.ping()
  await nodes[0]?.cluster('ADDSLOTS', 0)
  expect(await counted).toEqual(KEYS.map(() => 1))
})

it('sends nothing again for which nobody waits any more', async () => {
  const [key = ''] = await keysOn(nodes[0] as Redis)
  await nodes[0]?.cluster('DELSLOTS', 0)
  const refused = send('count', [key], () => true).catch(String)
  await nodes[0]?.ping()
  await nodes[0]?.cluster('ADDSLOTS', 0)
  expect(await refused).toBe(DOWN)
})

it('waits for a node that is just being connected', async () => {
  const connecting = nextConnecting()
  client.nodes('master')[0]?.disconnect()
  await connecting
  expect(await countAll()).toEqual(KEYS.map(() => 1))
})

// While views of the Cluster differ, a node that has just come back may leave at once.
it('sends again what waited for a connection that was given up before it stood', async () => {
  const [node] = client.nodes('master') as [Redis]
  const [key = ''] = await keysOn(nodes.find(({ options }) => options.port === node.options.port) as Redis)
  const counted = new Promise(resolve =>
    client.once('+node', (next: Redis) => {
      resolve(count(key))
      next.disconnect()
    }),
  )
  node.disconnect()
  expect(await counted).toBe(1)
})

it('sends nothing again that was lost with its connection, though a node is just being connected', async () => {
  const [silent, busy] = client.nodes('master') as [Redis, Redis]
  const { pause, resume } = cluster.masters.find(({ port }) => port === silent.options.port) as OwnRedis
  const [key = ''] = await keysOn(busy)
  const ours = nodes.find(({ options }) => options.port === busy.options.port) as Redis
  expect([await count(key), await ours.del(key)]).toEqual([1, 1])
  await ours.client('PAUSE', 60_000, 'WRITE')
  pause()
  try {
    silent.stream.destroy()
    await vi.waitFor(() => expect(client.nodes().map(({ status }) => status)).toContain('connect'), recovery)
    const counted = count(key).catch(String)
    await vi.waitFor(async () => expect(await ours.info('clients')).toContain('blocked_clients:1'), recovery)
    busy.stream.destroy()
    expect(await counted).toBe('Error: Connection is closed.')
    await vi.waitFor(async () => expect(await ours.info('clients')).toContain('blocked_clients:0'), recovery)
  } finally {
    resume()
    await ours.client('UNPAUSE')
  }
  await vi.waitFor(async () => expect(await count(key)).toBe(1), recovery)
})

// A master that becomes a replica has no place in the view for a moment, and ioredis cuts its connection; what it was
// asked waits meanwhile, as here.
it('hears what it asked a node before it left the view, and closes its connection then', async () => {
  const [node] = client.nodes('master')
  await node?.call('CLIENT', 'PAUSE', '100', 'WRITE')
  const answered = node?.flushdb()
  node?.disconnect()
  expect(await answered).toBe('OK')
  await vi.waitFor(() => expect(node?.status).toBe('end'), recovery)
})
