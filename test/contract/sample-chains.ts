/** Sealed events, hands that reach past the triggers, and the verdict on what they left. */
import { vi } from 'vitest'
import { makeSystemClock } from '../../src/adapters/node/clock.ts'
import { makePostgresChainReading } from '../../src/adapters/postgres/chain-reading.ts'
import { makePostgresEventChain } from '../../src/adapters/postgres/event-chain.ts'
import type { NewEvent } from '../../src/domain/event.ts'
import type { ExportedHead } from '../../src/domain/event-chain.ts'
import { makeVerifyAudit } from '../../src/usecases/verify-audit.ts'
import type { OpenedDatabase } from './databases.ts'
import { acme, context, makeStory, newContactId } from './sample-portals.ts'

/** For so many days the portals of these stories keep their events. */
export const RETENTION_DAYS = 5

export const APPEND_ONLY = ['events', 'event_seals', 'event_checkpoints']

/** A portal with the ports that a story about its audit trail needs. */
export async function makeChainStory(opened: Pick<OpenedDatabase, 'database' | 'sql'>) {
  const story = await makeStory(opened.database)
  const { portalId } = story
  const chain = makePostgresEventChain(opened.database)
  const reading = makePostgresChainReading(opened.database)
  const clock = makeSystemClock(opened.database.clockOffsetMs)

  const someEvent = (n: number): NewEvent => ({
    type: 'limit.reached',
    contactId: newContactId(),
    organizationId: acme,
    details: { n, text: 'Zoë "1"' },
  })

  /** Records so many events, each in a transaction of its own. */
  async function record(count: number): Promise<void> {
    for (let n = 0; n < count; n++) await story.events.record(portalId, [someEvent(n)], context)
  }

  /** Likewise, all in one transaction. */
  const recordAtOnce = (count: number) =>
    story.events.record(
      portalId,
      Array.from({ length: count }, (_, n) => someEvent(n)),
      context,
    )

  const sealNow = (max = 1000) => chain.seal(portalId, max)

  /** When nobody on this server, which other test files share, has a transaction that began before what was recorded here. */
  async function complete(): Promise<void> {
    const text = `SELECT coalesce(max(recorded_in) < pg_snapshot_xmin(pg_current_snapshot()), true) AS complete FROM events
                   WHERE portal_id = $1 AND recorded_in < pg_snapshot_xmax(pg_current_snapshot())`
    await vi.waitUntil(async () => (await opened.sql<{ complete: boolean }>(text, [portalId]))[0]?.complete, 60_000)
  }

  async function seal(max?: number): Promise<number> {
    await complete()
    return sealNow(max)
  }

  /** What the owner of the tables can do, who turns the triggers off. `$1` is the portal. */
  async function byHand(...statements: string[]): Promise<void> {
    for (const table of APPEND_ONLY) await opened.sql(`ALTER TABLE ${table} DISABLE TRIGGER append_only`)
    for (const text of statements) await opened.sql(text, [portalId])
    for (const table of APPEND_ONLY) await opened.sql(`ALTER TABLE ${table} ENABLE TRIGGER append_only`)
  }

  const eventAt = async (seq: number): Promise<string> => {
    const [row] = await opened.sql<{ event_id: string }>(
      'SELECT event_id FROM event_seals WHERE portal_id = $1 AND seq = $2',
      [portalId, seq],
    )
    return row?.event_id ?? 'none'
  }

  const verifyKeeping = (retentionDays: number | null, ...exported: ExportedHead[]) =>
    makeVerifyAudit({ chain: reading, clock, retentionDays })(portalId, exported)

  return {
    ...story,
    chain,
    record,
    recordAtOnce,
    seal,
    sealNow,
    byHand,
    eventAt,
    /** As an auditor who knows for how many days events are kept. */
    verifyKeeping,
    verify: (...exported: ExportedHead[]) => verifyKeeping(RETENTION_DAYS, ...exported),
    async recordAndSeal(count: number): Promise<void> {
      await record(count)
      await seal()
    },
  }
}
export type ChainStory = Awaited<ReturnType<typeof makeChainStory>>
