import type { CodeBinding, CodeRecord, CodeTarget, Delivery, HashedCode } from '../domain/code.ts'
import type { CodeId, ContactRef } from '../domain/ids.ts'

/** Names one challenge or enrollment of one contact. */
export type CodeRef = ContactRef & { codeId: CodeId }

export interface NewCode extends HashedCode {
  /** Lifetime of this code in ms from now. */
  lifetimeMs: number
}

export interface OpenCode {
  binding: CodeBinding
  code: NewCode
  /**
   * What makes a second start "the same one": any string; equal means same method, destination or factor, epoch and
   * ticket. One login has at most one open record per purpose.
   */
  sameness: string
  /** ms for which the record stays pending, whatever its codes do; null: as long as its newest code lives. */
  pendingMs: number | null
}

export type Opened = { outcome: 'opened' | 'existing'; record: CodeRecord }

export type Renewed =
  | { outcome: 'renewed'; record: CodeRecord; sendNo: number }
  /** `retryAt`: when a code may go to the target that was asked for, which need not be the record's. */
  | { outcome: 'too_soon'; record: CodeRecord; retryAt: Date }
  | { outcome: 'sends_exhausted' | 'over'; record: CodeRecord }
  | { outcome: 'missing' }

/** A code that is alive, to be compared. */
export interface LiveCode {
  kid: string
  digest: string
  target: CodeTarget
  sendNo: number
}

export type Spent =
  /** Not there, or of another login: nothing was charged. */
  | { outcome: 'missing' }
  /** Not pending any more, or (enrollments) pending without a live code: nothing was charged. */
  | { outcome: 'over'; record: CodeRecord }
  /** One attempt is gone. At most two live codes, the newest first. */
  | { outcome: 'spent'; record: CodeRecord; codes: LiveCode[] }

/**
 * Holds pending challenges and enrollments with their hashed codes and budgets; may lose them. Every method is atomic and
 * judges time by the store's own clock. Every failure throws `unavailable` (the caller then knows nothing of the outcome).
 * A record can be read until {@link ENDED_READABLE_SECONDS} after its end, then it is missing.
 */
export interface CodeStore {
  /**
   * Opens a record with its first code (sends: 1, delivery: `unknown`) and points the login's open pointer of this purpose
   * at it; what the pointer named before is thereby superseded. If that one is still pending and has the same `sameness`,
   * nothing changes and it is returned as `existing`.
   */
  open(opening: OpenCode): Promise<Opened>
  /**
   * Replaces the newest code while the record is pending: the one before stays alive for its own lifetime, an older one
   * dies, and with another target all earlier ones die. Waits count within the record and target.factorId; sends are at
   * most SENDS_MAX in all. Sets delivery to `unknown`.
   */
  renew(ref: CodeRef, code: NewCode): Promise<Renewed>
  /**
   * Tells what became of send `sendNo` (1 = of open). `sent` and `unknown` are noted. `refused` takes the send back as if
   * it had not been asked for: after `open` the record is gone and the pointer names again what it named before; after
   * `renew` the codes, sends and waits are as before. Later or repeated news of an older send changes nothing.
   */
  noteSend(ref: CodeRef, sendNo: number, outcome: Delivery | 'refused'): Promise<void>
  /**
   * Spends one attempt of a pending record of this login and hands out what is to be compared. The same `attemptId` again
   * spends no second one (only the last few are remembered).
   */
  spend(ref: CodeRef, loginDigest: string, attemptId: string): Promise<Spent>
  /** Notes how it ended; all its codes die. Only a pending record changes. */
  end(ref: CodeRef, status: 'verified' | 'exhausted' | 'cancelled'): Promise<void>
  /** The record, whatever its status; null: missing. */
  read(ref: CodeRef): Promise<CodeRecord | null>
}
