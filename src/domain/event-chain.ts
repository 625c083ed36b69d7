/**
 * The hash chain over a portal's events, specified so that anybody can verify it with other means.
 *
 * A portal's sealed events have positions 1, 2, 3 … (`event_seals.seq`). With hash(0) = 32 zero bytes,
 *
 *     hash(n) = SHA-256(hash(n-1) || canonical(n))
 *
 * canonical(n) is these texts in UTF-8, in this order, each written as its length in bytes (decimal), `:`, the bytes, `,`,
 * and a missing one as `-,`:
 *
 *     portal_id, seq (decimal), sealed_at, event_id, at, type, contact_id, organization_id, actor, request_id, details, reason_hash
 *
 * Instants are `2026-03-01T09:30:00.123456Z`: UTC, always six digits (infinity, and years before Christ, which only a hand
 * writes: PostgreSQL's own text). `actor` and `details` are the text that PostgreSQL
 * gives for jsonb (members by length of name, then bytes; one space after `:` and `,`). `reason_hash` is hexadecimal:
 * SHA-256(salt, 16 bytes || reason in UTF-8), of `event_reasons`, where an erasure deletes both.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { portalIdSchema } from './ids.ts'
import { BACKDATED_SECONDS } from './limits.ts'

/** An event as the chain covers it: the database's own texts. */
export interface SealableEvent {
  eventId: string
  at: string
  type: string
  contactId: string | null
  organizationId: string | null
  actor: string
  requestId: string
  details: string
  reasonHash: string | null
}

/** A position of the chain, and the hash there. */
export interface Anchor {
  seq: number
  hash: string
}

/** Before the first event. */
export const CHAIN_START: Anchor = { seq: 0, hash: '0'.repeat(64) }

/** A position as it is exported, to be kept where nobody who can write the database can write. */
export const exportedHeadSchema = z.strictObject({
  portalId: portalIdSchema,
  seq: z.int().min(0),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** The latest event up to there; null: the chain begins there. */
  at: z.string().nullable(),
})
export type ExportedHead = z.infer<typeof exportedHeadSchema>

export interface Seal extends Anchor {
  portalId: string
  sealedAt: string
}

/** A seal as it is found, with what lies beside it. */
export interface ChainEntry extends Seal {
  eventId: string
  /** Null: it is gone. */
  event: SealableEvent | null
  /** `changed`: it does not fit its hash, or is gone without an erasure of the contact. */
  reason: 'intact' | 'changed'
  /** It comes after the position that the chain has reached. */
  beyondHead: boolean
}

/** What is wrong at a position. */
export type Fault =
  | 'seal_removed'
  | 'event_removed'
  | 'event_changed'
  | 'reason_changed'
  | 'event_backdated'
  | 'tail_cut'
  | 'head_differs'
  | 'event_inserted'
  | 'cut_beyond_head'
  | 'cut_early'

/** How far a verification has come without a fault. */
export interface Link extends Anchor {
  /** The latest `at` so far, in ms. */
  newestMs: number
}

/** The hash of the position after `previous`. */
export function chainHash(previous: string, { portalId, seq, sealedAt }: Omit<Seal, 'hash'>, event: SealableEvent) {
  const { eventId, at, type, contactId, organizationId, actor, requestId, details, reasonHash } = event
  const texts = [portalId, String(seq), sealedAt, eventId, at, type, contactId, organizationId, actor, requestId]
  const canonical = [...texts, details, reasonHash].map(netstring).join('')
  return createHash('sha256').update(previous, 'hex').update(canonical, 'utf8').digest('hex')
}

const netstring = (text: string | null): string => (text === null ? '-,' : `${Buffer.byteLength(text)}:${text},`)

/** The next link, or what is wrong with the entry that should be it. */
export function follow(link: Link, entry: ChainEntry): Link | Fault {
  const { seq, hash, event } = entry
  if (seq !== link.seq + 1) return 'seal_removed'
  if (!event) return 'event_removed'
  if (chainHash(link.hash, entry, event) !== hash) return 'event_changed'
  if (entry.reason === 'changed') return 'reason_changed'
  const ms = Date.parse(event.at)
  // Events are sealed in the order of their transactions, which last seconds: one written in to look old is sealed late.
  // What is no instant (infinity) is no better.
  if (!(ms >= link.newestMs - BACKDATED_SECONDS * 1000)) return 'event_backdated'
  if (entry.beyondHead) return 'event_inserted'
  return { seq, hash, newestMs: Math.max(ms, link.newestMs) }
}
