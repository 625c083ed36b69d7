/** PostgreSQL breaks its sessions off, restarts or crashes under load: what was acknowledged is there, and it goes on by itself. */
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDatabase, type OwnPostgres, startOwnPostgres, type TestDatabase } from '../support/postgres.ts'
import { type OwnRedis, startRedis } from '../support/redis.ts'
import { configOver, open, type TestService } from '../support/service.ts'
import { underLoad } from '../support/under-load.ts'

let server: OwnPostgres
let database: TestDatabase
let redis: OwnRedis
let service: TestService

beforeAll(async () => {
  server = await startOwnPostgres()
  database = await createDatabase(server.url)
  redis = await startRedis({})
  service = await open({ config: configOver(database.url, redis.url), instances: 2, deadlineMs: null })
})
afterAll(async () => {
  try {
    await service.close()
  } finally {
    await redis.stop()
    await server.stop()
  }
})

const unavailable = (calls: { status: number }[]): number => calls.filter(({ status }) => status === 503).length

const TERMINATE = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'portal-mfa'`

// O-31: a session that is broken off says so as an event, which ends the process where nobody listens.
it('terminates every session of the service, fifty times', async () => {
  const calls = await underLoad(service, async () => {
    for (let round = 0; round < 50; round++) {
      await database.sql(TERMINATE)
      await wait(60)
    }
  })
  expect(unavailable(calls)).toBeGreaterThan(0)
})

it('restarts, twice', async () => {
  const calls = await underLoad(service, async () => {
    for (const downMs of [0, 1500]) await server.restart('fast', downMs)
  })
  expect(unavailable(calls)).toBeGreaterThan(0)
})

it('crashes, and recovers from its log', async () => {
  const calls = await underLoad(service, () => server.restart('immediate'))
  expect(unavailable(calls)).toBeGreaterThan(0)
})
