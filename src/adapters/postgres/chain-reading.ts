import { z } from 'zod'
import { CHAIN_START } from '../../domain/event-chain.ts'
import { portalIdSchema } from '../../domain/ids.ts'
import type { ChainReading } from '../../ports/event-chain.ts'
import { eventFrom, sealableColumns, seqSchema } from './chain-row.ts'
import { withCustomPlans } from './custom-plans.ts'
import type { Param } from './driver.ts'
import type { Database } from './open-database.ts'
import { loadStatement, type Statement } from './sql.ts'

// Ids of events are taken as they are: whoever wrote one in need not have kept to their form.

const sealColumns = {
  seq: seqSchema,
  hash: z.string(),
  sealed_event_id: z.string(),
  sealed_at: z.string(),
  beyond_head: z.boolean(),
  reason_intact: z.boolean(),
}

/** With the event, or without one. */
const entrySchema = z.union([
  z.object({ ...sealColumns, ...sealableColumns }),
  z.object({ ...sealColumns, event_id: z.null() }),
])

const chainPortals = loadStatement('chain-portals', z.object({ portal_id: portalIdSchema }))
const chainEnds = loadStatement(
  'chain-ends',
  z.object({
    begin_seq: seqSchema,
    begin_hash: z.string().nullable(),
    kept_from: z.string().nullable(),
    head_seq: seqSchema,
    head_hash: z.string().nullable(),
  }),
)
const chainEntries = loadStatement('chain-entries', entrySchema)
const unsealedEvents = loadStatement(
  'unsealed-events',
  z.object({ last: z.string().nullable(), waiting: z.int(), inserted: z.string().nullable() }),
)

/** The chain of events in Postgres, for whoever verifies it. */
export function makePostgresChainReading(database: Database): ChainReading {
  const run = <Row>(statement: Statement<Row>, params: Record<string, Param>) =>
    withCustomPlans(database, door => door.run(statement, params))
  return {
    async portals(after) {
      return (await run(chainPortals, { after: after ?? '' })).map(({ portal_id }) => portal_id)
    },
    async ends(portalId) {
      const [row] = await run(chainEnds, { portal_id: portalId })
      const { begin_seq = 0, begin_hash = null, kept_from = null, head_seq = 0, head_hash = null } = row ?? {}
      return {
        begin: { seq: begin_seq, hash: begin_hash ?? CHAIN_START.hash, keptFrom: kept_from },
        head: { seq: head_seq, hash: head_hash ?? CHAIN_START.hash },
      }
    },
    async entries(portalId, afterSeq) {
      const rows = await run(chainEntries, { portal_id: portalId, after_seq: afterSeq })
      return rows.map(row => ({
        portalId,
        seq: row.seq,
        hash: row.hash,
        sealedAt: row.sealed_at,
        eventId: row.sealed_event_id,
        event: row.event_id === null ? null : eventFrom(row),
        reason: row.reason_intact ? 'intact' : 'changed',
        beyondHead: row.beyond_head,
      }))
    },
    async unsealed(portalId, after, notBeforeMs) {
      const notBefore = Number.isFinite(notBeforeMs) ? new Date(notBeforeMs).toISOString() : '-infinity'
      const [row] = await run(unsealedEvents, { portal_id: portalId, after, not_before: notBefore })
      return row ?? { last: null, waiting: 0, inserted: null }
    },
  }
}
