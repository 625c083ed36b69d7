/** Walks the chain of a portal's events and says where it is first wrong. */
import { type Anchor, type ExportedHead, type Fault, follow, type Link } from '../domain/event-chain.ts'
import type { PortalId } from '../domain/ids.ts'
import type { ChainEnds, ChainReading } from '../ports/event-chain.ts'

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
  begin: ChainEnds['begin']
  /** How far the chain is right. */
  head: ExportedHead
  /** Events that wait for their seal. */
  waiting: number
  /** False: the exported head lies before the cut of retention, so nothing could be compared with it. */
  compared: boolean
}

/** `exported`: a head of this portal that was exported earlier. Reads page by page, whatever the length of the chain. */
export function makeVerifyAudit(chain: ChainReading) {
  return async function verify(portalId: PortalId, exported: ExportedHead | null): Promise<AuditVerdict> {
    const { begin, head: reached } = await chain.ends(portalId)
    const compared = exported === null || exported.seq >= begin.seq
    const anchors = exported && compared ? [exported, reached] : [reached]
    const walked = await walk(chain, portalId, begin, anchors)
    const { waiting, inserted } = await unsealed(chain, portalId)
    const finding = walked.finding ?? inserted
    // Retention may have cut while we were reading.
    if (finding && (await chain.ends(portalId)).begin.seq !== begin.seq) return verify(portalId, exported)
    const { seq, hash } = walked.link
    return { portalId, finding, begin, head: { portalId, seq, hash, at: walked.at }, waiting, compared }
  }
}

interface Walked {
  link: Link
  /** When the last link was sealed. */
  at: string | null
  finding: Finding | null
}

/** Follows the chain from where it begins; at each anchor it must have that hash. */
async function walk(chain: ChainReading, portalId: PortalId, begin: Anchor, anchors: Anchor[]): Promise<Walked> {
  let link: Link = { seq: begin.seq, hash: begin.hash, newestMs: -Infinity }
  let at: string | null = null
  const differs = () => anchors.some(({ seq, hash }) => seq === link.seq && hash !== link.hash)
  const wrong = (fault: Fault, seq: number, eventId: string | null): Walked => ({
    link,
    at,
    finding: { fault, seq, eventId },
  })

  if (differs()) return wrong('head_differs', link.seq, null)
  for (;;) {
    const entries = await chain.entries(portalId, link.seq)
    for (const entry of entries) {
      const next = follow(link, entry)
      if (typeof next === 'string') return wrong(next, link.seq + 1, next === 'seal_removed' ? null : entry.eventId)
      link = next
      at = entry.sealedAt
      if (differs()) return wrong('head_differs', link.seq, entry.eventId)
    }
    if (entries.length === 0) break
  }
  return anchors.some(({ seq }) => seq > link.seq) ? wrong('tail_cut', link.seq + 1, null) : { link, at, finding: null }
}

/** How many events wait for their seal, and the first that should have one. */
async function unsealed(
  chain: ChainReading,
  portalId: PortalId,
): Promise<{ waiting: number; inserted: Finding | null }> {
  let [waiting, after]: [number, string | null] = [0, null]
  for (;;) {
    const { last, inserted, ...page } = await chain.unsealed(portalId, after)
    waiting += page.waiting
    if (inserted !== null) return { waiting, inserted: { fault: 'event_inserted', seq: null, eventId: inserted } }
    if (last === null) return { waiting, inserted: null }
    after = last
  }
}
