/** One challenge or enrollment as this process keeps it. Codes, waits and end follow from the sends that count. */
import type { CodeBinding, CodeRecord, CodeStatus, Delivery } from '../../domain/code.ts'
import { RESEND_WAITS_SECONDS, SENDS_MAX } from '../../domain/limits.ts'
import type { LiveCode, NewCode } from '../../ports/code-store.ts'

/** One send; instants in ms. */
export interface Send extends NewCode {
  no: number
  at: number
  endsAt: number
  delivery: Delivery
}

export interface Stored {
  binding: CodeBinding
  /** Names the login and purpose that it belongs to. */
  pointer: string
  sameness: string
  state: 'pending' | 'verified' | 'exhausted' | 'cancelled'
  attemptsLeft: number
  attemptIds: Set<string>
  /** Null: pending as long as its newest code lives. */
  pendingUntil: number | null
  /** When it ended before its time. */
  endedAt: number | null
  /** What the pointer named before. */
  displaced: Stored | undefined
  /** Number of the last send ever made; never used again, so that late news of one taken back meets none. */
  serial: number
  /** Never empty, the newest last. */
  sends: [Send, ...Send[]]
}

/** No code outlives a record that has an end of its own. */
export const toSend = (no: number, code: NewCode, at: number, pendingUntil: number | null): Send => ({
  ...code,
  no,
  at,
  endsAt: Math.min(at + code.lifetimeMs, pendingUntil ?? Number.POSITIVE_INFINITY),
  delivery: 'unknown',
})

export const newestOf = ({ sends }: Stored): Send => sends.at(-1) ?? sends[0]

/** When it stops being pending by itself. */
export const endOf = (stored: Stored): number => stored.pendingUntil ?? newestOf(stored).endsAt

/** When the next code may go to this factor; null: no more at all, 0: none went there yet. */
export function resendAt({ sends }: Stored, factorId: string): number | null {
  if (sends.length >= SENDS_MAX) return null
  const toFactor = sends.filter(({ target }) => target.factorId === factorId)
  const last = toFactor.at(-1)
  return last ? last.at + (RESEND_WAITS_SECONDS[toFactor.length - 1] ?? 0) * 1000 : 0
}

/** The newest code, and the one before if it went to the same factor, as far as they are alive. */
export function aliveCodes(stored: Stored, now: number): LiveCode[] {
  const { factorId } = newestOf(stored).target
  return stored.sends
    .slice(-2)
    .filter(send => now < send.endsAt && send.target.factorId === factorId)
    .map(({ kid, digest, target, no }) => ({ kid, digest, target, sendNo: no }))
    .reverse()
}

/** `open` is the record that the login's pointer names. */
export function toRecord(stored: Stored, open: Stored | undefined, now: number): CodeRecord {
  const { target, codeLength, endsAt, delivery } = newestOf(stored)
  const next = resendAt(stored, target.factorId)
  return {
    binding: stored.binding,
    status: statusOf(stored, open, now),
    target,
    codeLength,
    expiresAt: new Date(endsAt),
    resendAt: next === null ? null : new Date(next),
    attemptsLeft: stored.attemptsLeft,
    sendsLeft: SENDS_MAX - stored.sends.length,
    delivery,
    readAt: new Date(now),
  }
}

function statusOf(stored: Stored, open: Stored | undefined, now: number): CodeStatus {
  if (stored.state !== 'pending') return stored.state
  if (stored.attemptsLeft <= 0) return 'exhausted'
  if (open !== stored) return 'superseded'
  return now >= endOf(stored) ? 'expired' : 'pending'
}
