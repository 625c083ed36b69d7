/**
 * AUD-1: an event that slips past the seal could be removed without a trace, and a chain that forks proves nothing.
 * So events that are committed late are waited for, and instances that seal at once never seal a position or an event twice.
 */
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { makePostgresEventChain } from '../../src/adapters/postgres/event-chain.ts'
import { type Database, openDatabase } from '../../src/adapters/postgres/open-database.ts'
import { loadStatement } from '../../src/adapters/postgres/sql.ts'
import { createDatabase, sharedPostgres, type TestDatabase } from '../support/postgres.ts'
import { type ChainStory, makeChainStory } from './sample-chains.ts'

let testDatabase: TestDatabase
let databases: Database[]
let story: ChainStory
const sessions: pg.Client[] = []

beforeAll(async () => {
  testDatabase = await createDatabase((await sharedPostgres()).url)
  const opening = [1, 2].map(() => openDatabase({ url: testDatabase.url, poolMax: 10, deadlineMs: 20_000 }))
  databases = await Promise.all(opening)
})
beforeEach(async () => {
  const [database] = databases as [Database]
  story = await makeChainStory({ database, sql: testDatabase.sql })
})
// A transaction that a failed test leaves open would hold up all others.
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.end()
})
afterAll(async () => {
  for (const database of databases ?? []) await database.close()
  await testDatabase?.drop()
})

/** A session of its own, in a transaction that began with `first`. */
async function inTransaction(first: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: testDatabase.url })
  client.on('error', () => {})
  sessions.push(client)
  await client.connect()
  await client.query('BEGIN')
  await client.query(first)
  return client
}

const insert = (client: pg.Client, name: string) =>
  client.query(
    `INSERT INTO events (portal_id, event_id, at, type, actor, request_id, details)
     VALUES ($1, $2, clock_timestamp(), 'limit.reached', '{}', 'req', '{}')`,
    [story.portalId, `evt_${name.padEnd(22, '0')}`],
  )

const commit = (client: pg.Client) => client.query('COMMIT')

it.each([
  ['written before the others, committed after them', 'SELECT 1', true],
  ['of a transaction that began before the others and wrote after them', 'SELECT pg_current_xact_id()', false],
])('AUD-1: waits for an event %s', async (_what, first, before) => {
  await story.recordAndSeal(2)
  const late = await inTransaction(first)
  if (before) await insert(late, 'late')
  await story.record(3)
  expect(await story.sealNow()).toBe(0)
  expect(await story.verify()).toMatchObject({ finding: null, waiting: 3 })
  if (!before) await insert(late, 'late')
  await commit(late)
  expect(await story.seal()).toBe(4)
  expect(await story.verify()).toMatchObject({ finding: null, head: { seq: 6 }, waiting: 0 })
})

it('AUD-1: seals an event of a transaction that had written nothing when later ones were sealed', async () => {
  const late = await inTransaction('SELECT 1')
  await story.recordAndSeal(3)
  await insert(late, 'late')
  await commit(late)
  expect(await story.seal()).toBe(1)
  expect(await story.verify()).toMatchObject({ finding: null, head: { seq: 4 }, waiting: 0 })
})

it('AUD-1: an event that is rolled back leaves no hole', async () => {
  const failing = await inTransaction('SELECT 1')
  await insert(failing, 'failing')
  await story.record(2)
  await failing.query('ROLLBACK')
  expect(await story.seal()).toBe(2)
  expect(await story.verify()).toMatchObject({ finding: null, head: { seq: 2 }, waiting: 0 })
})

it('requests go on while a portal is being sealed, and another instance passes it by', async () => {
  await story.recordAndSeal(1)
  const sealing = await inTransaction(
    `SELECT 1 FROM event_chains WHERE portal_id = '${story.portalId}' FOR NO KEY UPDATE`,
  )
  await story.record(2)
  await story.reset(await story.enrolled())
  expect(await story.sealNow()).toBe(0)
  await commit(sealing)
  expect(await story.seal()).toBe(5)
})

it('AUD-1: instances that seal at once under load neither fork nor skip', async () => {
  const stories = [story, await makeChainStory({ database: databases[1] as Database, sql: testDatabase.sql })]
  const pause = {
    ...loadStatement('clock', z.object({})),
    name: 'pause',
    text: 'SELECT pg_sleep(random() * 0.03)',
    parameters: [],
  }
  let writing = true
  let sealedMeanwhile = 0

  /** Transactions of different lengths, so that they end in another order than they begin in. */
  async function write(writer: number): Promise<number> {
    const { portalId } = stories[writer % stories.length] as ChainStory
    const database = databases[writer % 3 === 0 ? 0 : 1] as Database
    let n = 0
    for (; n < 20 || (n < 500 && sealedMeanwhile < 100); n++)
      await database.withTransaction(async door => {
        const id = `evt_${writer}x${n}`
        const text = `INSERT INTO events (portal_id, event_id, at, type, actor, request_id, details)
                      VALUES ($1, $2, clock_timestamp(), 'limit.reached', '{}', 'req', '{}')`
        await door.run(
          { name: 'write', text, parameters: ['portal', 'id'], row: z.object({}) },
          { portal: portalId, id },
        )
        await door.run(pause, {})
      })
    return n
  }

  async function sealOn(database: Database): Promise<void> {
    const chain = makePostgresEventChain(database)
    while (writing)
      for (const { portalId } of stories) {
        const sealed = await chain.seal(portalId, 7)
        sealedMeanwhile += sealed
      }
  }

  const writers = Array.from({ length: 8 }, (_, writer) => write(writer))
  const sealers = [...databases, ...databases].map(sealOn)
  const written = await Promise.all(writers)
  writing = false
  await Promise.all(sealers)
  expect(sealedMeanwhile).toBeGreaterThanOrEqual(100)
  for (const [index, { seal, verify }] of stories.entries()) {
    await Promise.all([seal(), seal(), seal()])
    const recorded = written.reduce((sum, count, writer) => (writer % stories.length === index ? sum + count : sum), 0)
    expect(await verify()).toMatchObject({ finding: null, head: { seq: recorded }, waiting: 0 })
  }
})
