/**
 * AUD-1: somebody who owns the tables writes events in, or changes them, in ways that a walk along the seals does not come
 * by: seals before the beginning, ids before the first, instants of another era, sealing held up, keys of tables dropped.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { OPEN_PATIENCE_MS, type OpenedDatabase, rows } from './databases.ts'
import { type ChainStory, makeChainStory, RETENTION_DAYS } from './sample-chains.ts'

const DAY = 86_400
const FORGED = 'evt_forged0000000000000000'

const at = (seq: number) =>
  `portal_id = $1 AND event_id = (SELECT event_id FROM event_seals WHERE portal_id = $1 AND seq = ${seq})`
const forged = (eventId: string, instant: string, recordedIn: string) =>
  `INSERT INTO events (portal_id, event_id, at, type, actor, request_id, details, recorded_in)
   SELECT portal_id, ${eventId}, ${instant}, type, actor, request_id, details, ${recordedIn}
     FROM events WHERE portal_id = $1 ORDER BY event_id LIMIT 1`
const sealedAt = (seq: number) =>
  `INSERT INTO event_seals (portal_id, seq, event_id, hash, sealed_at) SELECT $1, ${seq}, '${FORGED}', sha256(''), now()`

describe.each(rows)('an event by hand: %s', (_name, open) => {
  let opened: OpenedDatabase
  let story: ChainStory
  beforeAll(async () => {
    opened = await open()
  }, OPEN_PATIENCE_MS)
  beforeEach(async () => {
    story = await makeChainStory(opened)
  })
  afterAll(() => opened?.close())

  /** The finding after what was done by hand, with all heads that could have been exported before. */
  async function foundAfter(...statements: string[]) {
    const { finding, heads } = await story.verify()
    expect(finding).toBeNull()
    await story.byHand(...statements)
    return (await story.verify(...heads)).finding
  }

  it.each([[-1], [0]])('AUD-1: that is sealed at position %i is found', async seq => {
    await story.recordAndSeal(3)
    const finding = await foundAfter(forged(`'${FORGED}'`, 'at', "'3'"), sealedAt(seq))
    expect(finding).toMatchObject({ fault: 'event_inserted', seq: null, eventId: FORGED })
  })

  it('AUD-1: that is sealed before the cut of retention is found', async () => {
    await story.recordAndSeal(3)
    opened.advance(10 * DAY)
    await story.recordAndSeal(3)
    await story.chain.prune(story.portalId, RETENTION_DAYS, 100)
    const finding = await foundAfter(forged(`'${FORGED}'`, "at - interval '10 days'", "'3'"), sealedAt(2))
    expect(finding).toMatchObject({ fault: 'event_inserted', eventId: FORGED })
  })

  it('AUD-1: with an id that comes before all others is found', async () => {
    await story.recordAndSeal(3)
    expect(await foundAfter(forged("''", 'at', "'3'"))).toMatchObject({ fault: 'event_inserted', eventId: '' })
  })

  it.each([
    ['events', `UPDATE events SET at = (at::text || ' BC')::timestamptz WHERE ${at(2)}`],
    [
      'seals',
      "UPDATE event_seals SET sealed_at = (sealed_at::text || ' BC')::timestamptz WHERE portal_id = $1 AND seq = 2",
    ],
  ])('AUD-1: moved to the same year before Christ is found: %s', async (_table, text) => {
    await story.recordAndSeal(3)
    expect(await foundAfter(text)).toMatchObject({ fault: 'event_changed', seq: 2 })
  })

  it.each([["'infinity'"], ["'-infinity'"], ["'12026-03-01T00:00:00Z'"], ["'2026-03-01T00:00:00Z BC'"]])(
    'AUD-1: at %s, which the service then seals, is found',
    async instant => {
      await story.recordAndSeal(3)
      await story.byHand(forged(`'${FORGED}'`, instant, 'pg_current_xact_id()'))
      await story.seal()
      expect((await story.verify()).finding).toMatchObject({ fault: 'event_backdated', seq: 4, eventId: FORGED })
    },
  )

  it('AUD-1: that was made to look old is found also while sealing is held up', async () => {
    await story.recordAndSeal(3)
    await story.record(1)
    // As if the tables had just been moved to this server.
    const heldUp = "UPDATE event_chains SET reached_in = '999999999999' WHERE portal_id = $1"
    expect(await foundAfter(heldUp)).toBeNull()
    const old = forged(`'${FORGED}'`, "at - interval '2 hours'", "'999999999998'")
    expect(await foundAfter(old)).toMatchObject({ fault: 'event_inserted', eventId: FORGED })
  })

  // The last, since the tables stay as they are then.
  describe('where the keys of the tables were dropped', () => {
    beforeAll(async () => {
      await opened.sql('ALTER TABLE events DROP CONSTRAINT events_pkey, ALTER COLUMN recorded_in DROP NOT NULL')
      await opened.sql('ALTER TABLE event_reasons DROP CONSTRAINT event_reasons_pkey')
    })

    it.each([["'3'"], ['pg_current_xact_id()']])(
      'AUD-1: twice under one id, the other recorded in %s, is found',
      async recordedIn => {
        await story.recordAndSeal(3)
        const id = '(SELECT event_id FROM event_seals WHERE portal_id = $1 AND seq = 2)'
        expect(await foundAfter(forged(id, "at + interval '1 second'", recordedIn))).not.toBeNull()
      },
    )

    it('AUD-1: twice under one id that waits for its seal is found', async () => {
      await story.record(1)
      const id = '(SELECT event_id FROM events WHERE portal_id = $1)'
      expect(await foundAfter(forged(id, 'at', 'recorded_in'))).toMatchObject({ fault: 'event_inserted' })
    })

    it('AUD-1: that no transaction recorded is found', async () => {
      await story.recordAndSeal(3)
      expect(await foundAfter(forged(`'${FORGED}'`, 'at', 'NULL'))).toMatchObject({
        fault: 'event_inserted',
        eventId: FORGED,
      })
    })

    it.each([['before'], ['after']])('AUD-1: with a second reason, %s the first, is found', async place => {
      await story.reset(await story.enrolled())
      await story.seal()
      const statements = [
        `INSERT INTO event_reasons (portal_id, event_id, contact_id, reason, salt)
         SELECT portal_id, event_id, contact_id, 'he did it', salt FROM event_reasons WHERE portal_id = $1`,
      ]
      if (place === 'before')
        statements.push("UPDATE event_reasons SET reason = reason WHERE portal_id = $1 AND reason <> 'he did it'")
      expect(await foundAfter(...statements)).toMatchObject({ fault: 'reason_changed' })
    })
  })
})
