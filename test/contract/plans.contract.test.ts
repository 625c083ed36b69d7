/** What is read page by page, each page off an index: no plan that sorts or passes over what a large portal has. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePostgresApiClients } from '../../src/adapters/postgres/api-clients.ts'
import { makePostgresContacts } from '../../src/adapters/postgres/contacts.ts'
import { makePostgresEvents } from '../../src/adapters/postgres/events.ts'
import { type Database, openDatabase } from '../../src/adapters/postgres/open-database.ts'
import { makePostgresPortals } from '../../src/adapters/postgres/portals.ts'
import { makePostgresSealedDestinations } from '../../src/adapters/postgres/sealed-destinations.ts'
import { contactIdSchema } from '../../src/domain/ids.ts'
import { createDatabase, sharedPostgres, type TestDatabase, type TestPostgres } from '../support/postgres.ts'
import { OPEN_PATIENCE_MS } from './databases.ts'
import { acme, newPortal } from './sample-portals.ts'

const ROWS = 20_000
const portal = newPortal()
const { portalId } = portal

let server: TestPostgres
let testDatabase: TestDatabase
let database: Database
let last: { text: string; params: readonly unknown[] }
beforeAll(async () => {
  server = await sharedPostgres()
  testDatabase = await createDatabase(server.url)
  const config = { url: testDatabase.url, deadlineMs: 20_000 }
  database = await openDatabase(
    config,
    () => 0,
    (text, params) => {
      last = { text, params }
    },
  )
  await fill()
}, OPEN_PATIENCE_MS)
afterAll(async () => {
  await database?.close()
  await testDatabase?.drop()
  await server?.stop()
})

/** One portal that has much, and many that have little; and destinations that came after the statistics were gathered. */
async function fill(): Promise<void> {
  await makePostgresPortals(database).create(portal)
  for (const table of ['factors', 'contacts', 'events', 'api_clients'])
    await testDatabase.sql(`ALTER TABLE ${table} SET (autovacuum_enabled = off)`)
  await testDatabase.sql(
    `INSERT INTO contacts (portal_id, contact_id, organization_id, created_at)
     SELECT CASE n % 2 WHEN 0 THEN $1 ELSE 'small-' || n % 5000 END, 'contact-' || n, 'acme', now() FROM generate_series(1, $2::integer) n`,
    [portalId, 2 * ROWS],
  )
  await testDatabase.sql(
    `INSERT INTO events (portal_id, event_id, at, type, contact_id, actor, request_id, details)
     SELECT CASE n % 2 WHEN 0 THEN $1 ELSE 'small-' || n % 5000 END, 'evt_' || lpad(n::text, 22, '0'), now() - n * interval '1 second',
            CASE n % 7 WHEN 0 THEN 'challenge.failed' ELSE 'challenge.verified' END, 'contact-' || n % 10, '{}', 'req', '{}'
       FROM generate_series(1, $2::integer) n`,
    [portalId, 2 * ROWS],
  )
  await testDatabase.sql(
    `INSERT INTO api_clients (portal_id, client_id, name, roles, secret_hash, created_at)
     SELECT $1, 'cli_' || lpad(n::text, 22, '0'), 'Back end', '{portal}', '', now() - n * interval '1 minute' FROM generate_series(1, 2000) n`,
    [portalId],
  )
  await addFactors('old', 1, ROWS)
  // Of every row, so that the plans are the same each time.
  await testDatabase.sql('SET default_statistics_target = 200; ANALYZE')
  await addFactors('unknown', ROWS + 1, 2 * ROWS)
}

const addFactors = (kid: string, from: number, to: number) =>
  testDatabase.sql(
    `INSERT INTO factors (portal_id, contact_id, slot, factor_id, method, epoch, secret_sealed, destination_masked, confirmed_at)
     SELECT $1, 'contact-' || n, 'sms', 'fct_' || lpad(n::text, 22, '0'), 'sms', 0, $2 || '.' || repeat('x', 100), '*', now()
       FROM generate_series($3::integer, $4::integer) n`,
    [portalId, kid, from, to],
  )

/** The plan of the last statement: made for its very values, or kept for any. */
async function planOfLast(mode: 'force_custom_plan' | 'force_generic_plan'): Promise<string> {
  const client = new pg.Client({ connectionString: testDatabase.url })
  await client.connect()
  try {
    const values = last.params.map(value => (value === null ? 'NULL' : client.escapeLiteral(String(value))))
    await client.query(`SET plan_cache_mode = ${mode}`)
    await client.query(`PREPARE last AS ${last.text}`)
    const { rows } = await client.query(`EXPLAIN EXECUTE last ${values.length > 0 ? `(${values.join(', ')})` : ''}`)
    return rows.map(row => row['QUERY PLAN']).join('\n')
  } finally {
    await client.end()
  }
}

describe.each(['force_custom_plan', 'force_generic_plan'] as const)('with %s', mode => {
  async function expectIndex(name: string): Promise<void> {
    const plan = await planOfLast(mode)
    expect(plan).toMatch(new RegExp(`Index (Only )?Scan using ${name}`))
    // The few factors of one contact are sorted.
    expect(plan).not.toMatch(/Sort Key: (?!\(GREATEST)|Seq Scan on (factors|contacts|events|api_clients)\b/)
  }

  describe.each(['old', 'unknown'])('destinations under %s', kid => {
    it('a page of them, the first and another', async () => {
      const destinations = makePostgresSealedDestinations(database)
      const first = await destinations.page(kid, 200, null)
      await expectIndex('factors_to_reseal')
      expect(await destinations.page(kid, 200, first.at(-1) ?? null)).toHaveLength(200)
      await expectIndex('factors_to_reseal')
    })

    it('how many there are', async () => {
      expect(await makePostgresSealedDestinations(database).count(kid, 1000, null)).toBe(1000)
      await expectIndex('factors_to_reseal')
    })
  })

  it('which master keys are in use', async () => {
    expect(await makePostgresSealedDestinations(database).keysInUse()).toEqual(['old', 'unknown'])
    await expectIndex('factors_to_reseal')
  })

  it.each([
    ['events_at', {}],
    ['events_type', { type: 'challenge.failed' }],
    ['events_type', { type: 'challenge.verified' }],
    ['events_type', { type: 'contact.erased' }],
    ['events_type', { type: 'challenge.failed', from: new Date(0) }],
    ['events_contact', { contactId: contactIdSchema.parse('contact-4') }],
  ] as const)('events by %s: %j', async (index, filter) => {
    const events = makePostgresEvents(database)
    const { next } = await events.list(portalId, { ...filter, limit: 50 })
    await expectIndex(index)
    await events.list(portalId, { ...filter, limit: 50, after: next ?? { at: '2020-01-01T00:00:00Z', eventId: 'evt' } })
    await expectIndex(index)
  })

  it.each([
    ['contacts_pkey', {}],
    ['contacts_pkey', { status: 'skipped' }],
    ['contacts_organization', { organizationId: acme }],
    ['contacts_organization', { organizationId: acme, status: 'skipped' }],
  ] as const)('contacts by %s: %j', async (index, filter) => {
    const contacts = makePostgresContacts(database)
    const { next } = await contacts.list(portalId, { ...filter, limit: 50 })
    await expectIndex(index)
    await contacts.list(portalId, { ...filter, limit: 50, after: next ?? undefined })
    await expectIndex(index)
  })

  it('API clients', async () => {
    const clients = makePostgresApiClients(database)
    const first = await clients.list(portalId, 51, null)
    await expectIndex('api_clients_created_at')
    await clients.list(portalId, 51, first.at(-1)?.clientId ?? null)
    await expectIndex('api_clients_created_at')
  })
})
