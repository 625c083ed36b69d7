/**
 * AUD-1: somebody who can write the database edits, removes, inserts or reorders what it holds against them.
 * Events are append-only, and a hash chain shows where it no longer is what was sealed.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { MfaError } from '../../src/domain/errors.ts'
import type { PortalId } from '../../src/domain/ids.ts'
import { OPEN_PATIENCE_MS, type OpenedDatabase, rows } from './databases.ts'
import { APPEND_ONLY, type ChainStory, makeChainStory } from './sample-chains.ts'
import { acme, context } from './sample-portals.ts'

/** The chain of a portal computed anew by the database alone, from the specification in domain/event-chain.ts. */
const INDEPENDENTLY = `
  WITH RECURSIVE canonical AS (
    SELECT s.seq, (SELECT string_agg(coalesce(octet_length(text) || ':' || text, '-') || ',', '' ORDER BY place) FROM unnest(ARRAY[
        s.portal_id, s.seq::text, to_char(s.sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.event_id,
        to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.type, e.contact_id, e.organization_id, e.actor::text,
        e.request_id, e.details::text, encode(e.reason_hash, 'hex')]) WITH ORDINALITY AS fields (text, place)) AS text
      FROM event_seals s JOIN events e USING (portal_id, event_id) WHERE s.portal_id = $1
  ), chain AS (
    SELECT 0::bigint AS seq, decode(repeat('00', 32), 'hex') AS hash
    UNION ALL
    SELECT c.seq, sha256(chain.hash || convert_to(c.text, 'UTF8')) FROM chain JOIN canonical c ON c.seq = chain.seq + 1
  )
  SELECT chain.seq::integer AS seq, chain.hash = s.hash AS same FROM chain JOIN event_seals s ON s.portal_id = $1 AND s.seq = chain.seq
   ORDER BY 1`

describe.each(rows)('the audit trail: %s', (_name, open) => {
  let opened: OpenedDatabase
  let story: ChainStory
  beforeAll(async () => {
    opened = await open()
  }, OPEN_PATIENCE_MS)
  beforeEach(async () => {
    story = await makeChainStory(opened)
  })
  afterAll(() => opened?.close())

  describe('append-only', () => {
    const attempts = APPEND_ONLY.flatMap(table => [
      [`UPDATE ${table} SET portal_id = portal_id`],
      [`DELETE FROM ${table}`],
      [`DELETE FROM ${table} WHERE false`],
      [`TRUNCATE ${table}`],
    ])
    it.each(attempts)('AUD-1: refuses %s', async text => {
      const failure: MfaError = await opened.sql(text).then(
        () => Promise.reject(new Error('was not refused')),
        error => error,
      )
      expect(failure.cause).toMatchObject({ message: 'postgres: SQLSTATE 42501' })
    })
  })

  describe('sealing', () => {
    it('gives every event one position, and says how many wait for theirs', async () => {
      await story.record(5)
      expect(await story.verify()).toMatchObject({ finding: null, head: { seq: 0, at: null }, waiting: 5 })
      expect([await story.seal(3), await story.seal(3), await story.seal(3)]).toEqual([3, 2, 0])
      await story.record(1)
      expect(await story.verify()).toMatchObject({ finding: null, head: { seq: 5 }, waiting: 1 })
      const { items } = await story.events.list(story.portalId, { limit: 10 })
      const recordedAs = new Map<string, unknown>(items.map(({ eventId, details }) => [eventId, details.n]))
      await story.seal()
      const sealed = await Promise.all([1, 2, 3, 4, 5, 6].map(story.eventAt))
      expect(sealed.map(eventId => recordedAs.get(eventId))).toEqual([0, 1, 2, 3, 4, 0])
      expect(new Set(sealed).size).toBe(6)
    })

    it('finds the portals in which something waits, and rests when nothing does', async () => {
      // A transaction that is open anywhere on the server, as of another suite, holds the answer up.
      const waits = async () => (await story.chain.portalsToSeal()).includes(story.portalId)
      await expect.poll(waits, { timeout: 20_000 }).toBe(false)
      await story.record(1)
      await expect.poll(waits, { timeout: 20_000 }).toBe(true)
      await story.seal()
      await expect.poll(waits, { timeout: 20_000 }).toBe(false)
      await story.record(1)
      await expect.poll(waits, { timeout: 20_000 }).toBe(true)
    })

    it('covers what every kind of request records', async () => {
      const contact = await story.enrolled()
      await story.reset(contact)
      await story.seal()
      expect(await story.verify()).toMatchObject({ finding: null, head: { seq: 3 }, waiting: 0 })
    })

    it('can be verified by others, from its specification', async () => {
      await story.reset(await story.enrolled())
      await story.recordAndSeal(3)
      const found = await opened.sql<{ seq: number; same: boolean }>(INDEPENDENTLY, [story.portalId])
      expect(found).toEqual([1, 2, 3, 4, 5, 6].map(seq => ({ seq, same: true })))
    })

    it('goes on after the tables were moved to a server that counts its transactions from the beginning', async () => {
      const waits = async (portalId: PortalId) => (await story.chain.portalsToSeal()).includes(portalId)
      const further = (column: string) => `${column} = (${column}::text::bigint + 1000000000)::text::xid8`
      const moved = await makeChainStory(opened)
      await story.recordAndSeal(2)
      for (const one of [story, moved]) {
        await one.record(3)
        await one.byHand(
          // The first stays among the numbers that the new server gives.
          `UPDATE events SET ${further('recorded_in')} WHERE portal_id = $1
              AND event_id IS DISTINCT FROM (SELECT event_id FROM event_seals WHERE portal_id = $1 AND seq = 1)`,
          `UPDATE event_chains SET ${further('reached_in')} WHERE portal_id = $1`,
        )
        await one.record(2)
        await expect.poll(() => waits(one.portalId), { timeout: 20_000 }).toBe(true)
        while (await waits(one.portalId)) await one.seal(2)
        await one.recordAndSeal(1)
      }
      expect(await story.verify()).toMatchObject({ finding: null, head: { seq: 8 }, waiting: 0 })
      expect(await moved.verify()).toMatchObject({ finding: null, head: { seq: 6 }, waiting: 0 })
    })
  })

  describe('verification finds', () => {
    beforeEach(() => story.recordAndSeal(6))

    const at = (seq: number) =>
      `portal_id = $1 AND event_id = (SELECT event_id FROM event_seals WHERE portal_id = $1 AND seq = ${seq})`
    const forged = (columns: string, values: string) =>
      `INSERT INTO events (portal_id, event_id, at, type, actor, request_id, details${columns})
       SELECT portal_id, 'evt_forged0000000000000000', now(), type, actor, request_id, details${values}
         FROM events WHERE ${at(2)}`

    it.each<[what: string, byHand: string[], fault: string, seq: number | null]>([
      ['an edited time', [`UPDATE events SET at = at + interval '1 microsecond' WHERE ${at(3)}`], 'event_changed', 3],
      [
        'an edited actor',
        [`UPDATE events SET actor = actor || '{"subject": "eve"}' WHERE ${at(3)}`],
        'event_changed',
        3,
      ],
      ['edited details', [`UPDATE events SET details = details - 'n' WHERE ${at(1)}`], 'event_changed', 1],
      [
        'a number written otherwise',
        [`UPDATE events SET details = details || '{"n": 5.0}' WHERE ${at(6)}`],
        'event_changed',
        6,
      ],
      [
        'an event moved to another contact',
        [`UPDATE events SET contact_id = 'other' WHERE ${at(4)}`],
        'event_changed',
        4,
      ],
      [
        'a value moved over the border of two columns',
        [`UPDATE events SET organization_id = NULL, contact_id = contact_id || organization_id WHERE ${at(4)}`],
        'event_changed',
        4,
      ],
      [
        'an edited time of sealing',
        ["UPDATE event_seals SET sealed_at = sealed_at + interval '1 hour' WHERE portal_id = $1 AND seq = 2"],
        'event_changed',
        2,
      ],
      ['an event removed in the middle', [`DELETE FROM events WHERE ${at(3)}`], 'event_removed', 3],
      [
        'an event removed with its seal',
        [`DELETE FROM events WHERE ${at(3)}`, 'DELETE FROM event_seals WHERE portal_id = $1 AND seq = 3'],
        'seal_removed',
        3,
      ],
      [
        'the old end cut by hand',
        [`DELETE FROM events WHERE ${at(1)}`, 'DELETE FROM event_seals WHERE portal_id = $1 AND seq = 1'],
        'seal_removed',
        1,
      ],
      [
        'the last event removed with its seal',
        [`DELETE FROM events WHERE ${at(6)}`, 'DELETE FROM event_seals WHERE portal_id = $1 AND seq = 6'],
        'tail_cut',
        6,
      ],
      [
        'all of it removed',
        ['DELETE FROM events WHERE portal_id = $1', 'DELETE FROM event_seals WHERE portal_id = $1'],
        'tail_cut',
        1,
      ],
      [
        'two events in each other’s place',
        [
          "UPDATE event_seals SET event_id = event_id || '.' WHERE portal_id = $1 AND seq IN (4, 5)",
          `UPDATE event_seals SET event_id = (
          SELECT trim('.' FROM o.event_id) FROM event_seals o WHERE o.portal_id = $1 AND o.seq = 9 - event_seals.seq) WHERE portal_id = $1 AND seq IN (4, 5)`,
        ],
        'event_changed',
        4,
      ],
      [
        'an event put in the place of another',
        [
          forged('', ''),
          "UPDATE event_seals SET event_id = 'evt_forged0000000000000000' WHERE portal_id = $1 AND seq = 5",
        ],
        'event_changed',
        5,
      ],
      [
        'an event inserted among the sealed ones',
        [forged(', recorded_in', ", '3'"), 'SELECT $1::text'],
        'event_inserted',
        null,
      ],
      [
        'an event inserted where sealing does not come by',
        [forged(', recorded_in', ", '999999999999'"), 'SELECT $1::text'],
        'event_inserted',
        null,
      ],
      [
        'a seal beyond the head',
        [
          forged('', ''),
          `INSERT INTO event_seals (portal_id, seq, event_id, hash, sealed_at) SELECT portal_id, 7, 'evt_forged0000000000000000', hash, now()
          FROM event_seals WHERE portal_id = $1 AND seq = 6`,
        ],
        'event_changed',
        7,
      ],
      ['another head', ["UPDATE event_chains SET hash = sha256('') WHERE portal_id = $1"], 'head_differs', 6],
      ['no head', ['DELETE FROM event_chains WHERE portal_id = $1'], 'event_inserted', 1],
    ])('AUD-1: %s', async (_what, statements, fault, seq) => {
      expect((await story.verify()).finding).toBeNull()
      await story.byHand(...statements)
      expect((await story.verify()).finding).toMatchObject({ fault, seq })
    })

    it('AUD-1: an event written in later that is made to look old', async () => {
      await story.byHand(forged('', '').replace('now()', "now() - interval '2 hours'"))
      await story.seal()
      expect((await story.verify()).finding).toMatchObject({ fault: 'event_backdated', seq: 7 })
    })

    it('AUD-1: with a head exported before, a tail that was cut along with the head', async () => {
      const { head } = await story.verify()
      await story.byHand(
        `DELETE FROM events WHERE ${at(6)}`,
        'DELETE FROM event_seals WHERE portal_id = $1 AND seq = 6',
        'UPDATE event_chains c SET seq = 5, hash = s.hash FROM event_seals s WHERE c.portal_id = $1 AND s.portal_id = $1 AND s.seq = 5',
      )
      expect((await story.verify()).finding).toBeNull()
      expect((await story.verify(head)).finding).toMatchObject({ fault: 'tail_cut', seq: 6 })
      await story.recordAndSeal(3)
      expect((await story.verify(head)).finding).toMatchObject({ fault: 'head_differs', seq: 6 })
    })

    it('AUD-1: with a head exported before, a chain that was written anew', async () => {
      const { head } = await story.verify()
      await story.byHand(
        `UPDATE events SET details = '{"n": 7}' WHERE ${at(2)}`,
        'DELETE FROM event_seals WHERE portal_id = $1',
        'DELETE FROM event_chains WHERE portal_id = $1',
      )
      await story.seal()
      expect((await story.verify()).finding).toBeNull()
      expect((await story.verify(head)).finding).toMatchObject({ fault: 'head_differs', seq: 6 })
    })

    it('nothing, where a head exported before is still in the chain', async () => {
      const { head } = await story.verify()
      await story.recordAndSeal(2)
      expect(head).toMatchObject({ portalId: story.portalId, seq: 6, at: expect.stringMatching(/^20.*Z$/) })
      expect(await story.verify(head)).toMatchObject({ finding: null, compared: true })
    })
  })

  describe('a reason', () => {
    const erase = (contact: Parameters<typeof story.reset>[0]) =>
      story.contacts.change(contact, null, context, () => ({
        answer: undefined,
        change: { kind: 'erase' },
        events: [{ type: 'contact.erased', contactId: contact.contactId, organizationId: acme, details: {} }],
      }))
    const reasons = () => opened.sql('SELECT reason FROM event_reasons WHERE portal_id = $1', [story.portalId])

    it('is gone with the contact, and the chain stays right', async () => {
      const [contact, other] = [await story.enrolled(), await story.enrolled()]
      await story.reset(contact)
      await story.reset(other)
      await story.seal()
      await erase(contact)
      expect(await story.verify()).toMatchObject({ finding: null, waiting: 1 })
      await story.seal()
      expect((await story.verify()).finding).toBeNull()
      expect(JSON.stringify(await story.eventsOf(contact))).not.toContain('lost the phone')
      expect(await reasons()).toEqual([{ reason: 'lost the phone' }])
      const [reset] = await story.eventsOf(other, 'contact.reset')
      expect(reset?.details).toEqual({ reason: 'lost the phone' })
    })

    it('of another contact stays, as do those that are no person’s words', async () => {
      const contact = await story.enrolled()
      const details = { reason: 'Throttled' }
      await story.events.record(
        story.portalId,
        [{ type: 'send.failed', contactId: contact.contactId, organizationId: null, details }],
        context,
      )
      await erase(contact)
      expect((await story.eventsOf(contact, 'send.failed'))[0]?.details).toEqual(details)
    })

    it.each([
      ['edited', "UPDATE event_reasons SET reason = 'found the phone' WHERE portal_id = $1"],
      ['removed without an erasure', 'DELETE FROM event_reasons WHERE portal_id = $1'],
    ])('AUD-1: that was %s is found', async (_how, text) => {
      await story.reset(await story.enrolled())
      await story.seal()
      await story.byHand(text)
      expect((await story.verify()).finding).toMatchObject({ fault: 'reason_changed', seq: 3 })
    })

    it('AUD-1: that was put beside an event which has none is found', async () => {
      await story.recordAndSeal(2)
      await story.byHand(
        `INSERT INTO event_reasons (portal_id, event_id, contact_id, reason, salt)
         SELECT portal_id, event_id, contact_id, 'he did it', gen_random_uuid() FROM events WHERE portal_id = $1`,
      )
      expect((await story.verify()).finding).toMatchObject({ fault: 'reason_changed', seq: 1 })
    })
  })

  describe('retention', () => {
    const DAY = 86_400
    const events = () => opened.sql('SELECT 1 FROM events WHERE portal_id = $1', [story.portalId])

    it('deletes what is older from the old end, and the rest of the chain stays right', async () => {
      await story.reset(await story.enrolled())
      await story.recordAndSeal(3)
      const { head: early } = await story.verify()
      opened.advance(10 * DAY)
      await story.recordAndSeal(4)
      const { head: late } = await story.verify()
      expect(await story.chain.portalsToPrune(20)).not.toContain(story.portalId)
      expect(await story.chain.prune(story.portalId, 20, 100)).toBe(0)

      expect(await story.chain.portalsToPrune(5)).toContain(story.portalId)
      expect([
        await story.chain.prune(story.portalId, 5, 4),
        await story.chain.prune(story.portalId, 5, 4),
        await story.chain.prune(story.portalId, 5, 4),
      ]).toEqual([4, 2, 0])
      expect(await events()).toHaveLength(4)
      expect(await opened.sql('SELECT 1 FROM event_reasons WHERE portal_id = $1', [story.portalId])).toEqual([])
      const verdict = await story.verify(late)
      expect(verdict).toMatchObject({ finding: null, begin: { seq: 6 }, head: late, compared: true })
      expect(verdict.begin.keptFrom).toMatch(/^20\d\d-\d\d-\d\d$/)
      expect(await story.verify(early)).toMatchObject({ finding: null, compared: true })

      opened.advance(10 * DAY)
      await story.recordAndSeal(2)
      expect((await story.verify(late)).finding).toBeNull()
      expect(await story.chain.prune(story.portalId, 5, 100)).toBe(4)
      expect(await story.verify(early)).toMatchObject({ finding: null, begin: { seq: 10 }, compared: false })
    })

    it('may leave nothing, and the chain goes on', async () => {
      await story.recordAndSeal(3)
      opened.advance(10 * DAY)
      expect(await story.chain.prune(story.portalId, 5, 100)).toBe(3)
      expect(await story.verify()).toMatchObject({ finding: null, begin: { seq: 3 }, head: { seq: 3, at: null } })
      await story.recordAndSeal(1)
      expect(await story.verify()).toMatchObject({ finding: null, begin: { seq: 3 }, head: { seq: 4 }, waiting: 0 })
    })

    it('leaves what is not sealed', async () => {
      await story.record(2)
      opened.advance(10 * DAY)
      expect(await story.chain.portalsToPrune(5)).not.toContain(story.portalId)
      expect(await story.chain.prune(story.portalId, 5, 100)).toBe(0)
      expect(await events()).toHaveLength(2)
    })

    it.each([
      [
        'an event that was removed',
        'DELETE FROM events WHERE portal_id = $1 AND event_id = (SELECT event_id FROM event_seals WHERE portal_id = $1 AND seq = 3)',
      ],
      ['a seal that was removed', 'DELETE FROM event_seals WHERE portal_id = $1 AND seq = 3'],
    ])('AUD-1: stops at %s, which stays to be found', async (_what, text) => {
      await story.recordAndSeal(5)
      await story.byHand(text)
      opened.advance(10 * DAY)
      expect(await story.chain.prune(story.portalId, 5, 100)).toBe(2)
      expect(await story.chain.prune(story.portalId, 5, 100)).toBe(0)
      expect(await story.verify()).toMatchObject({ begin: { seq: 2 }, finding: { seq: 3 } })
    })

    it('AUD-1: a cut by hand after one by retention is found', async () => {
      await story.recordAndSeal(2)
      opened.advance(10 * DAY)
      await story.recordAndSeal(3)
      await story.chain.prune(story.portalId, 5, 100)
      await story.byHand('DELETE FROM event_seals WHERE portal_id = $1 AND seq = 3')
      expect((await story.verify()).finding).toMatchObject({ fault: 'seal_removed', seq: 3 })
    })

    it('AUD-1: its leave to delete ends with its transaction', async () => {
      await story.recordAndSeal(1)
      opened.advance(10 * DAY)
      await story.chain.prune(story.portalId, 5, 100)
      const attempts = Array.from({ length: 10 }, () => opened.sql('DELETE FROM events WHERE false'))
      for (const { status } of await Promise.allSettled(attempts)) expect(status).toBe('rejected')
    })
  })
})
