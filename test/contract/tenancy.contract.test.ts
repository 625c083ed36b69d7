/**
 * TEN-2: an attacker with one portal's credentials reaches another portal's rows where a statement forgets the portal.
 * So every statement on a portal's tables names exactly one, and what happens in one leaves every row of another as it was.
 */

import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePostgresApiClients } from '../../src/adapters/postgres/api-clients.ts'
import { makePostgresChainReading } from '../../src/adapters/postgres/chain-reading.ts'
import { makePostgresEventChain } from '../../src/adapters/postgres/event-chain.ts'
import { makePostgresGuessWatch } from '../../src/adapters/postgres/guess-watch.ts'
import { makePostgresHousekeeping } from '../../src/adapters/postgres/housekeeping.ts'
import { makePostgresKeyRing } from '../../src/adapters/postgres/key-ring.ts'
import * as schema from '../../src/adapters/postgres/schema.ts'
import { makePostgresSealedDestinations } from '../../src/adapters/postgres/sealed-destinations.ts'
import { OPEN_PATIENCE_MS, type OpenedDatabase, rows } from './databases.ts'
import {
  acme,
  byPhone,
  challengeOf,
  context,
  enrollmentOf,
  globex,
  makeStory,
  newChallengeId,
  newClientId,
  newTarget,
  type Story,
} from './sample-portals.ts'

const CHAIN_TABLES = ['event_reasons', 'event_seals', 'event_chains', 'event_checkpoints']
const TABLES = ['portals', 'api_clients', 'contacts', 'factors', 'settlements', 'events', ...CHAIN_TABLES]

describe.each(rows)('portals: %s', (_name, open) => {
  let opened: OpenedDatabase
  beforeAll(async () => {
    opened = await open()
  }, OPEN_PATIENCE_MS)
  afterAll(() => opened?.close())

  /** Calls every method of every port that belongs to one portal. */
  async function live(story: Story): Promise<void> {
    const { portalId, portals, contacts, settlement, events } = story
    const clients = makePostgresApiClients(opened.database)
    const client = { portalId, clientId: newClientId(), name: 'n', roles: ['portal' as const], secretHash: 'h' }
    await clients.create(client, context)
    await clients.list(portalId, 10, null)
    await clients.list(portalId, 10, newClientId())
    await clients.rotate(portalId, client.clientId, 'i', 0, context)
    await clients.replaceKeys(portalId, client.clientId, { keys: [] }, context)
    await clients.revoke(portalId, client.clientId, context)

    const contact = await story.enrolled()
    await story.settle(enrollmentOf(contact, null, byPhone), newTarget('email'), true)
    await story.settle(challengeOf(contact), contact.target, true)
    await story.settle(challengeOf(contact), contact.target, false)
    const { contactId } = contact
    await settlement.requestChallenge(
      {
        portalId,
        contactId,
        type: 'challenge.requested',
        challengeId: newChallengeId(),
        purpose: 'login',
        factorId: null,
        epoch: null,
      },
      context,
    )
    await contacts.snapshotForLogin(contact, globex, context)
    await story.reset(contact)
    await contacts.list(portalId, { limit: 10 })
    await contacts.list(portalId, { limit: 10, organizationId: globex, status: 'enrolled' })
    const changes = [
      { kind: 'removeFactor', factorId: contact.target.factorId },
      { kind: 'skip', at: new Date(), epoch: 0, skips: 1 },
      { kind: 'forgetSkip' },
      { kind: 'reset' },
      { kind: 'erase' },
    ] as const
    for (const change of changes) await contacts.change(contact, acme, context, () => ({ answer: null, change }))
    await events.record(portalId, [{ type: 'send.failed', contactId, organizationId: acme, details: {} }], context)
    await events.list(portalId, { contactId, limit: 10 })
    const guesses = makePostgresGuessWatch(opened.database)
    await guesses.guard(portalId, await guesses.count(portalId), context)
    const chain = makePostgresEventChain(opened.database)
    await chain.seal(portalId, 10)
    await chain.prune(portalId, 1, 10)
    const reading = makePostgresChainReading(opened.database)
    await reading.ends(portalId)
    await reading.entries(portalId, 0)
    await reading.unsealed(portalId, null, -Infinity)
    await story.change({ locale: 'de' })
    await portals.read(portalId)
  }

  /** Every row of a portal, as text. */
  async function rowsOf({ portalId }: Story): Promise<string[]> {
    const tables = await Promise.all(
      TABLES.map(table =>
        opened.sql<{ row: string }>(`SELECT t::text AS row FROM ${table} t WHERE portal_id = $1 ORDER BY 1`, [
          portalId,
        ]),
      ),
    )
    return tables.flat().map(({ row }) => row)
  }

  it('names one portal in every statement on a portal’s tables', async () => {
    const story = await makeStory(opened.database)
    opened.statements()
    await live(story)
    const statements = opened.statements().filter(({ text }) => TABLES.some(table => text.includes(table)))
    expect(statements.length).toBeGreaterThan(30)
    for (const { text, params } of statements) {
      expect(params, text).toContain(story.portalId)
      expect(
        params.filter(param => String(param).startsWith('portal-')),
        text,
      ).toEqual(params.filter(param => param === story.portalId))
    }
  })

  it('are exempt: looking a token’s client up, polling revocations and clients’ keys, pruning, re-sealing, sealing’s look for work, listing portals, and keys', async () => {
    opened.statements()
    await makePostgresApiClients(opened.database).find(newClientId())
    await makePostgresApiClients(opened.database).revocations(60)
    await makePostgresApiClients(opened.database).signingClients(60)
    await makePostgresHousekeeping(opened.database).pruneSettlements()
    await (await makeStory(opened.database)).portals.list(1, null)
    const destinations = makePostgresSealedDestinations(opened.database)
    await destinations.keysInUse()
    await destinations.count('k', 1, null)
    await destinations.page('k', 1, null)
    await makePostgresEventChain(opened.database).portalsToSeal()
    await makePostgresEventChain(opened.database).portalsToPrune(1)
    await makePostgresChainReading(opened.database).portals(null)
    const keys = makePostgresKeyRing(opened.database)
    await keys.ensure('k', 1, 'w')
    await keys.list('k')
    await keys.forget('k', 1)
    expect(opened.statements().length).toBeGreaterThan(11)
  })

  it('TEN-1: what happens in one portal leaves every row of another as it was, also where all ids are the same', async () => {
    const [mine, other] = [await makeStory(opened.database), await makeStory(opened.database)]
    const contact = await other.enrolled()
    await other.settle(enrollmentOf(contact, null, byPhone), newTarget('email'), true)
    await other.settle(challengeOf(contact), contact.target, false)
    const before = await rowsOf(other)
    // What they have there neither asks for a step-up here, nor is it void by what is allowed here.
    await mine.change({ methods: ['sms'] })
    const twin = await mine.known({ ...contact, portalId: mine.portalId })
    expect(await mine.settle(enrollmentOf(twin), contact.target, true)).toMatchObject({ outcome: 'verified' })
    await mine.change({ methods: ['sms', 'email'] })
    await live(mine)
    const twinned = { ...contact, portalId: mine.portalId }
    for (let made = 0; made < 10; made++) await mine.settle(challengeOf(twinned), contact.target, false)
    await mine.contacts.change(twinned, null, context, () => ({
      answer: null,
      change: { kind: 'removeFactor', factorId: contact.target.factorId },
    }))
    await mine.reset(twinned)
    await mine.contacts.change(twinned, null, context, () => ({ answer: null, change: { kind: 'erase' } }))
    await mine.change({ enabled: false })
    expect(await rowsOf(other)).toEqual(before)
    expect(before.length).toBeGreaterThan(5)
  })

  // Portals choose the ids of their contacts, so two have the same ones: with a condition forgotten, one would read the other's.
  it('TEN-1: reads nothing that another portal has under the same ids, and decides nothing by it', async () => {
    const [mine, other] = [await makeStory(opened.database), await makeStory(opened.database)]
    const theirs = await other.enrolled()
    await other.enrolled()
    const twin = { portalId: mine.portalId, contactId: theirs.contactId }
    const before = await rowsOf(other)

    expect(await mine.contacts.snapshot(twin)).toMatchObject({ contact: null, factors: [] })
    expect(await mine.contacts.snapshotForLogin(twin, globex, context)).toMatchObject({ contact: null, factors: [] })
    const none = { items: [], next: null }
    expect(await mine.contacts.list(mine.portalId, { limit: 10 })).toEqual(none)
    expect(await mine.contacts.list(mine.portalId, { limit: 10, organizationId: acme })).toEqual(none)
    expect(await mine.eventsOf(twin)).toEqual([])

    const known = await mine.known(twin)
    expect(known.ticket).not.toBe(theirs.ticket)
    const seen = await mine.contacts.snapshot(twin)
    expect(seen).toMatchObject({ contact: { ticket: known.ticket }, factors: [] })
    const ids = ({ items }: { items: (typeof seen)[] }) => items.map(({ contact }) => contact?.contactId)
    for (const filter of [{}, { organizationId: acme }])
      expect(ids(await mine.contacts.list(mine.portalId, { limit: 10, status: 'not_enrolled', ...filter }))).toEqual([
        twin.contactId,
      ])

    const challenge = { type: 'challenge.requested', challengeId: newChallengeId(), purpose: 'login' } as const
    const asked = await mine.settlement.requestChallenge(
      { ...twin, ...challenge, factorId: null, epoch: null },
      context,
    )
    expect(asked).toMatchObject({ recorded: false, snapshot: { factors: [] } })
    await mine.known(twin)
    expect(await mine.eventsOf(twin, 'enrollment.requested')).toHaveLength(2)

    await mine.contacts.snapshotForLogin(twin, globex, context)
    expect((await mine.contacts.snapshot(twin)).contact?.organizationId).toBe(globex)

    const mail = await mine.settle(enrollmentOf(known, null), newTarget('email'), true)
    const byTheirPhone = enrollmentOf({ ...known, ticket: 'ticket' in mail ? mail.ticket : '' }, 'US', byPhone)
    expect(await mine.settle(byTheirPhone, newTarget(), true)).toEqual({ outcome: 'step_up_required' })
    expect(await rowsOf(other)).toEqual(before)
  })

  it('prunes settlements after a day, those of any portal, and no younger ones', async () => {
    const housekeeping = makePostgresHousekeeping(opened.database)
    const settlementsOf = ({ portalId }: Story) =>
      opened.sql('SELECT code_id FROM settlements WHERE portal_id = $1', [portalId])
    const [one, two] = [await makeStory(opened.database), await makeStory(opened.database)]
    await one.enrolled()
    const [old] = await settlementsOf(one)
    opened.advance(43_200)
    await one.enrolled()
    await two.enrolled()
    opened.advance(43_201)
    expect(await housekeeping.pruneSettlements()).toBeGreaterThan(0)
    expect([(await settlementsOf(one)).length, (await settlementsOf(two)).length]).toEqual([1, 1])
    expect(await settlementsOf(one)).not.toEqual([old])
    opened.advance(86_400)
    await housekeeping.pruneSettlements()
    expect([await settlementsOf(one), await settlementsOf(two)]).toEqual([[], []])
    expect(await housekeeping.pruneSettlements()).toBe(0)
  })

  it('shard by portal: every primary key and unique index begins with portal_id', async () => {
    const indexes = await opened.sql<{ name: string; first: string }>(
      `SELECT i.indexrelid::regclass::text AS name, a.attname::text AS first
         FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
         JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE i.indisunique AND n.nspname = 'public'`,
    )
    const others = indexes.filter(({ first }) => first !== 'portal_id').map(({ name }) => name)
    expect(others.sort()).toEqual(['api_clients_client_id', 'keys_pkey', 'schema_migrations_pkey'])
    expect(indexes.length).toBeGreaterThan(others.length + 5)
  })

  it('are described alike by the migrations and by what Drizzle knows of their tables', async () => {
    for (const table of Object.values<PgTable>(schema)) {
      const { name, columns } = getTableConfig(table)
      const found = await opened.sql<{ name: string; type: string; required: boolean }>(
        `SELECT a.attname::text AS name, format_type(a.atttypid, NULL) AS type, a.attnotnull AS required
           FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped`,
        [name],
      )
      const migrated = new Map(found.map(column => [column.name, column]))
      for (const column of columns)
        expect(migrated.get(column.name), `${name}.${column.name}`).toMatchObject({
          type: column.getSQLType(),
          required: column.notNull,
        })
    }
  })
})
