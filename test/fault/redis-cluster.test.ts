/** A Redis Cluster moves slots and loses masters in the middle of logins. */
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createDatabase, sharedPostgres, type TestDatabase, type TestPostgres } from '../support/postgres.ts'
import type { OwnRedis } from '../support/redis.ts'
import { connectToAll, type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts'
import { untilTheyAgree } from '../support/restless-cluster.ts'
import { configOver, open, type TestService } from '../support/service.ts'
import { moveHalf } from '../support/slots.ts'
import { underLoad } from '../support/under-load.ts'

let server: TestPostgres
let database: TestDatabase
let cluster: RedisCluster
let service: TestService
/** Connections of our own, to all six. */
let nodes: Redis[]

beforeAll(async () => {
  server = await sharedPostgres()
  database = await createDatabase(server.url)
  cluster = await startRedisCluster({ replicas: true })
  service = await open({ config: configOver(database.url, cluster.url), instances: 2, deadlineMs: null })
  nodes = connectToAll(cluster)
})
afterAll(async () => {
  try {
    await service.close()
  } finally {
    for (const node of nodes) node.disconnect()
    await cluster.stop()
    await database.drop()
    await server.stop()
  }
})

/** A master and its replica, by their place at the start. */
const pair = (at: number): [master: OwnRedis, replica: OwnRedis] =>
  [cluster.masters[at], cluster.replicas[at]] as [OwnRedis, OwnRedis]

/** The replica has taken over, and every one that is left knows it. */
async function tookOver(replica: OwnRedis, left: OwnRedis[]): Promise<void> {
  await vi.waitFor(
    async () => {
      expect(await replica.tell('ROLE')).toContain('master')
      for (const node of left) expect(String(await node.tell('CLUSTER', 'INFO'))).toContain('cluster_state:ok')
    },
    { timeout: 30_000, interval: 20 },
  )
}

it('half of the slots of two masters move to the third, key by key', async () => {
  const [first, second, third] = cluster.masters as [OwnRedis, OwnRedis, OwnRedis]
  await underLoad(service, async () => {
    await moveHalf(first, third, [second])
    await moveHalf(second, third, [first])
  })
})

it('a replica takes over by agreement, and its master becomes a replica with all its connections', async () => {
  const [master, replica] = pair(1)
  // A master that has not heard of all moves yet would refuse its vote.
  await untilTheyAgree(nodes)
  await underLoad(service, async () => {
    await replica.tell('CLUSTER', 'FAILOVER')
    await tookOver(replica, [...cluster.masters, ...cluster.replicas])
    expect(await master.tell('ROLE')).toContain('slave')
  })
})

it('a master is killed, and its replica takes over by itself', async () => {
  const [master, replica] = pair(2)
  await untilTheyAgree(nodes)
  const calls = await underLoad(service, async () => {
    await master.stop()
    await tookOver(replica, [...cluster.masters.slice(0, 2), ...cluster.replicas])
  })
  expect(calls.some(({ status }) => status === 503)).toBe(true)
})
