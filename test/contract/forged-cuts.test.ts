/**
 * AUD-1: retention leaves a checkpoint where it cut. Somebody who owns the tables writes one by hand, over what he would
 * rather not have done, so that the head which was exported before lies in front of it and convicts nobody.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { OPEN_PATIENCE_MS, type OpenedDatabase, rows } from './databases.ts'
import { type ChainStory, makeChainStory, RETENTION_DAYS } from './sample-chains.ts'

const DAY = 86_400

const hashAt = (seq: number) => `(SELECT hash FROM event_seals WHERE portal_id = $1 AND seq = ${seq})`
const checkpoint = (seq: number, hash: string, keptFrom: string) =>
  `INSERT INTO event_checkpoints (portal_id, seq, hash, kept_from, cut_at) SELECT $1, ${seq}, ${hash}, ${keptFrom}, now()`
const cut = (seq: number) => [
  `DELETE FROM events WHERE portal_id = $1 AND event_id IN (SELECT event_id FROM event_seals WHERE portal_id = $1 AND seq <= ${seq})`,
  `DELETE FROM event_seals WHERE portal_id = $1 AND seq <= ${seq}`,
]
const EVERYTHING = ['DELETE FROM events WHERE portal_id = $1', 'DELETE FROM event_seals WHERE portal_id = $1']
const EDITED = "UPDATE events SET type = 'contact.reset' WHERE portal_id = $1"
const SOME_HASH = "decode(repeat('ab', 32), 'hex')"
const LONG_AGO = "now() - interval '9 years'"
const chainAt = (seq: number) => `UPDATE event_chains SET seq = ${seq}, hash = ${SOME_HASH} WHERE portal_id = $1`

describe.each(rows)('a cut by hand: %s', (_name, open) => {
  let opened: OpenedDatabase
  let story: ChainStory
  beforeAll(async () => {
    opened = await open()
  }, OPEN_PATIENCE_MS)
  beforeEach(async () => {
    story = await makeChainStory(opened)
  })
  afterAll(() => opened?.close())

  it.each<[what: string, byHand: string[], fault: string, seq: number]>([
    ['far beyond the chain', [EDITED, checkpoint(1_000_000, SOME_HASH, 'now()')], 'cut_beyond_head', 1_000_000],
    ['just beyond the chain', [checkpoint(11, SOME_HASH, LONG_AGO)], 'cut_beyond_head', 11],
    [
      'of a portal that has no head',
      [...EVERYTHING, 'DELETE FROM event_chains WHERE portal_id = $1', checkpoint(7, SOME_HASH, LONG_AGO)],
      'cut_beyond_head',
      7,
    ],
    [
      'far beyond, with the chain moved along',
      [EDITED, checkpoint(1_000_000, SOME_HASH, LONG_AGO), chainAt(1_000_000)],
      'cut_early',
      1_000_000,
    ],
    ['of all there was', [checkpoint(10, hashAt(10), LONG_AGO), ...EVERYTHING], 'cut_early', 10],
    ['at the exported head', [checkpoint(5, hashAt(5), LONG_AGO), ...cut(5)], 'cut_early', 5],
    ['before the exported head', [checkpoint(2, hashAt(2), LONG_AGO), ...cut(2)], 'cut_early', 2],
    ['of the first event', [checkpoint(1, hashAt(1), LONG_AGO), ...cut(1)], 'cut_early', 1],
    ['that says it keeps less than is kept', [checkpoint(5, hashAt(5), 'now()'), ...cut(5)], 'cut_early', 5],
    ['that says it keeps what never ends', [checkpoint(5, hashAt(5), "'infinity'"), ...cut(5)], 'cut_early', 5],
  ])('AUD-1: %s is found by the heads that were exported before', async (_what, statements, fault, seq) => {
    await story.recordAndSeal(5)
    const { heads } = await story.verify()
    await story.recordAndSeal(5)
    expect((await story.verify(...heads)).finding).toBeNull()
    await story.byHand(...statements)
    expect((await story.verify(...heads)).finding).toMatchObject({ fault, seq })
  })

  it.each<[what: string, byHand: string[], fault: string]>([
    ['beyond the chain', [EDITED, checkpoint(1_000_000, SOME_HASH, LONG_AGO)], 'cut_beyond_head'],
    ['of what is to be kept', [checkpoint(5, hashAt(5), "now() - interval '3 days'"), ...cut(5)], 'cut_early'],
    ['without a beginning', [checkpoint(5, hashAt(5), "'-infinity'"), ...cut(5)], 'cut_early'],
  ])('AUD-1: %s is found without any head', async (_what, statements, fault) => {
    await story.recordAndSeal(10)
    await story.byHand(...statements)
    expect((await story.verify()).finding).toMatchObject({ fault })
  })

  it('AUD-1: of a few events of one day, after years of quiet, is found', async () => {
    await story.recordAndSeal(2)
    opened.advance(1000 * DAY)
    await story.recordAndSeal(6)
    const { heads } = await story.verify()
    await story.byHand(checkpoint(4, hashAt(4), LONG_AGO), ...cut(4))
    expect((await story.verify()).finding).toBeNull()
    expect((await story.verify(...heads)).finding).toMatchObject({ fault: 'cut_early', seq: 4 })
  })

  it('AUD-1: by the service itself, of events that were made to look old, is found', async () => {
    await story.recordAndSeal(4)
    const { heads } = await story.verify()
    await story.byHand("UPDATE events SET at = at - interval '9 years' WHERE portal_id = $1")
    expect(await story.chain.prune(story.portalId, RETENTION_DAYS, 100)).toBe(4)
    expect((await story.verify(...heads)).finding).toMatchObject({ fault: 'cut_early', seq: 4 })
  })

  it('AUD-1: of anything is found where events are kept for ever', async () => {
    await story.recordAndSeal(3)
    const { heads } = await story.verify()
    opened.advance(20 * DAY)
    await story.recordAndSeal(3)
    await story.chain.prune(story.portalId, RETENTION_DAYS, 100)
    expect((await story.verify(...heads)).finding).toBeNull()
    expect((await story.verifyKeeping(null, ...heads)).finding).toMatchObject({ fault: 'cut_early', seq: 3 })
    expect((await story.verifyKeeping(null)).finding).toMatchObject({ fault: 'cut_early', seq: 3 })
    expect((await story.verifyKeeping(null, ...(await story.verify()).heads)).finding).toBeNull()
  })

  describe('is told from one by retention', () => {
    it('whichever day it is, by the heads of all days before', async () => {
      const exported = []
      for (let day = 0; day < 3 * RETENTION_DAYS; day++) {
        await story.recordAndSeal(2)
        await story.chain.prune(story.portalId, RETENTION_DAYS, 100)
        const verdict = await story.verify(...exported)
        expect(verdict).toMatchObject({ finding: null, compared: true })
        exported.push(...verdict.heads)
        opened.advance(DAY)
      }
    })

    it('also where it has taken all there was', async () => {
      await story.recordAndSeal(3)
      const { heads } = await story.verify()
      opened.advance(20 * DAY)
      await story.chain.prune(story.portalId, RETENTION_DAYS, 100)
      const verdict = await story.verify(...heads)
      expect(verdict).toMatchObject({ finding: null, compared: true, head: { seq: 3, at: null } })
      expect(verdict.heads).toEqual([verdict.head])
    })

    it('which took what was kept too short before, if the heads were exported since', async () => {
      await story.recordAndSeal(3)
      opened.advance(20 * DAY)
      await story.recordAndSeal(3)
      await story.chain.prune(story.portalId, RETENTION_DAYS, 100)
      const { heads } = await story.verify()
      await story.recordAndSeal(1)
      expect((await story.verifyKeeping(400)).finding).toMatchObject({ fault: 'cut_early', seq: 3 })
      expect((await story.verifyKeeping(400, ...heads)).finding).toBeNull()
      await story.byHand(checkpoint(4, hashAt(4), LONG_AGO), ...cut(4))
      expect((await story.verifyKeeping(400, ...heads)).finding).toMatchObject({ fault: 'cut_early', seq: 4 })
    })
  })

  it('is not told from one by retention where all heads are older than what is kept, and says so', async () => {
    await story.recordAndSeal(3)
    const { heads } = await story.verify()
    opened.advance(20 * DAY)
    await story.recordAndSeal(3)
    opened.advance(20 * DAY)
    await story.recordAndSeal(3)
    await story.chain.prune(story.portalId, RETENTION_DAYS, 100)
    expect(await story.verify(...heads)).toMatchObject({ finding: null, compared: false })
  })
})

it(
  'heads are those of the beginning, of the first event of each day, and of the last event',
  async () => {
    const [, open] = rows[0] ?? expect.fail('no database')
    const opened = await open()
    const story = await makeChainStory(opened)
    for (let day = 0; day < 3; day++) {
      await story.recordAndSeal(3)
      opened.advance(2 * DAY)
    }
    const { heads, head } = await story.verify()
    await opened.close()
    expect(heads.map(({ seq, at }) => [seq, at === null])).toEqual([
      [0, true],
      [1, false],
      [4, false],
      [7, false],
      [9, false],
    ])
    expect(new Set(heads.map(({ at }) => at?.slice(0, 10))).size).toBe(4)
    expect(heads.at(-1)).toEqual(head)
  },
  OPEN_PATIENCE_MS,
)
