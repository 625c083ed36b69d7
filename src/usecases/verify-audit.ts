/** Walks the chain of a portal's events and says where it is first wrong. */
import { type Anchor, type ExportedHead, type Fault, follow, type Link } from '../domain/event-chain.ts'
import type { PortalId } from '../domain/ids.ts'
import { BACKDATED_SECONDS } from '../domain/limits.ts'
import { type Cut, faultOfCut, keptSince } from '../domain/retention-cut.ts'
import type { Clock } from '../ports/clock.ts'
import type { ChainReading } from '../ports/event-chain.ts'

/** Retention cuts in batches: some may fall into one reading. */
const READINGS_MAX = 100

export interface Finding {
  fault: Fault
  /** Null: it has none, since it was never sealed. */
  seq: number | null
  eventId: string | null
}

export interface AuditVerdict {
  portalId: PortalId
  /** The first thing that is wrong; null: nothing is. */
  finding: Finding | null
  begin: Cut
  /** How far the chain is right. */
  head: ExportedHead
  /** To be exported: where the chain begins, the first event of each day, and the head. */
  heads: ExportedHead[]
  /** Events that wait for their seal. */
  waiting: number
  /** False: retention has taken all that was exported, so nothing could be compared with it. */
  compared: boolean
}

export interface Auditing {
  chain: ChainReading
  /** That of whoever verifies: the database's belongs to the one who owns it. */
  clock: Clock
  /** Days for which events are to be kept; null: for ever. */
  retentionDays: number | null
}

/** `exported`: heads of this portal that were exported earlier. Reads page by page, whatever the length of the chain. */
export function makeVerifyAudit({ chain, clock, retentionDays }: Auditing) {
  return async function verify(
    portalId: PortalId,
    exported: ExportedHead[],
    again = READINGS_MAX,
  ): Promise<AuditVerdict> {
    const { begin, head: reached } = await chain.ends(portalId)
    const comparable = exported.filter(({ seq }) => seq >= begin.seq)
    const fault = faultOfCut(begin, reached, exported, keptSince(clock.now(), retentionDays))
    const { finding: broken, newestMs, ...walked } = await walk(chain, portalId, begin, [...comparable, reached])
    const { waiting, inserted } = await unsealed(chain, portalId, newestMs - BACKDATED_SECONDS * 1000)
    const finding = fault ? { fault, seq: begin.seq, eventId: null } : (broken ?? inserted)
    // Retention may have cut while we were reading. It comes to an end; a hand that cuts on and on would keep us for ever.
    const moved = finding !== null && again > 1 && (await chain.ends(portalId)).begin.seq !== begin.seq
    if (moved) return verify(portalId, exported, again - 1)
    const compared = exported.length === 0 || comparable.length > 0
    return { portalId, finding, begin, ...walked, waiting, compared }
  }
}

interface Walked extends Pick<AuditVerdict, 'head' | 'heads' | 'finding'> {
  newestMs: number
}

const dayOf = ({ at }: ExportedHead): string | undefined => at?.slice(0, 10)

/** Follows the chain from where it begins; at each anchor it must have that hash. */
async function walk(chain: ChainReading, portalId: PortalId, begin: Anchor, anchors: Anchor[]): Promise<Walked> {
  let link: Link = { seq: begin.seq, hash: begin.hash, newestMs: -Infinity }
  let head: ExportedHead = { portalId, seq: begin.seq, hash: begin.hash, at: null }
  const heads = [head]
  const bySeq = Map.groupBy(anchors, ({ seq }) => seq)
  const differs = () => (bySeq.get(link.seq) ?? []).some(({ hash }) => hash !== link.hash)
  const ended = (finding: Finding | null): Walked => ({
    head,
    heads: heads.at(-1) === head ? heads : [...heads, head],
    newestMs: link.newestMs,
    finding,
  })
  const wrong = (fault: Fault, seq: number, eventId: string | null) => ended({ fault, seq, eventId })

  if (differs()) return wrong('head_differs', link.seq, null)
  for (;;) {
    const entries = await chain.entries(portalId, link.seq)
    for (const entry of entries) {
      const next = follow(link, entry)
      if (typeof next === 'string') return wrong(next, link.seq + 1, next === 'seal_removed' ? null : entry.eventId)
      link = next
      if (differs()) return wrong('head_differs', link.seq, entry.eventId)
      const { seq, hash, newestMs } = link
      const before = dayOf(head)
      head = { portalId, seq, hash, at: new Date(newestMs).toISOString() }
      if (dayOf(head) !== before) heads.push(head)
    }
    if (entries.length === 0) break
  }
  return anchors.some(({ seq }) => seq > link.seq) ? wrong('tail_cut', link.seq + 1, null) : ended(null)
}

/** How many events wait for their seal, and the first that should have one. */
async function unsealed(
  chain: ChainReading,
  portalId: PortalId,
  notBeforeMs: number,
): Promise<{ waiting: number; inserted: Finding | null }> {
  let [waiting, after]: [number, string | null] = [0, null]
  for (;;) {
    const { last, inserted, ...page } = await chain.unsealed(portalId, after, notBeforeMs)
    waiting += page.waiting
    if (inserted !== null) return { waiting, inserted: { fault: 'event_inserted', seq: null, eventId: inserted } }
    if (last === null) return { waiting, inserted: null }
    after = last
  }
}
