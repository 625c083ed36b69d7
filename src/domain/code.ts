/**
 * A code on its way: the record that one challenge or one enrollment keeps until it ends, and what its keyed hash binds.
 * Challenges and enrollments share it; `purpose` tells them apart.
 */
import { timingSafeEqual } from 'node:crypto'
import type { CodeId, ContactRef, FactorId } from './ids.ts'
import type { Method } from './methods/index.ts'
import type { Proof } from './step-up.ts'

export const purposes = ['login', 'change_factor', 'enrollment'] as const
export type Purpose = (typeof purposes)[number]

export const codeStatuses = ['pending', 'verified', 'expired', 'exhausted', 'superseded', 'cancelled'] as const
export type CodeStatus = (typeof codeStatuses)[number]

/** What is known of the newest send; one that was refused is taken back. */
export const deliveries = ['sent', 'unknown'] as const
export type Delivery = (typeof deliveries)[number]

/** Where one code goes: the factor (or the one an enrollment will become) and how it looks in an answer. */
export interface CodeTarget {
  factorId: FactorId
  method: Method
  destinationMasked: string
}

/** What an enrollment carries from start to confirm, so that the destination is never named twice. */
export interface PendingFactor {
  country: string | null
  destinationSealed: string
  /** Index digests, for giving a prefix credit back. */
  destinationIndex: string
  prefixIndex: string | null
  /** What the step-up proved that came with the start; null: none did. */
  provedBy: Proof | null
}

/** What never changes in a challenge or enrollment. */
export interface CodeBinding extends ContactRef {
  codeId: CodeId
  purpose: Purpose
  /** Keyed digest of the login id. */
  loginDigest: string
  epoch: number
  /** The contact's ticket at the start. */
  ticket: string
  /** Enrollments only. */
  pendingFactor: PendingFactor | null
}

/** One code, as a keyed hash. */
export interface HashedCode {
  /** Key id of the pepper. */
  kid: string
  digest: string
  codeLength: number
  target: CodeTarget
}

/** The state of a challenge or enrollment, as its store sees it. Instants are of the store's clock. */
export interface CodeRecord {
  binding: CodeBinding
  status: CodeStatus
  /** The newest code's target and length. */
  target: CodeTarget
  codeLength: number
  /** End of the newest code. */
  expiresAt: Date
  /** When the next code may be sent to the same target; null: no more sends. */
  resendAt: Date | null
  attemptsLeft: number
  sendsLeft: number
  delivery: Delivery
  /** The store's clock when it was read. */
  readAt: Date
}

/**
 * What the keyed hash of a code binds (I4): portal, contact, factor (and so its destination), purpose, epoch, challenge
 * or enrollment, and login. `|` lies outside the id alphabet, so no two bindings read alike.
 */
export const boundCode = (binding: CodeBinding, factorId: FactorId, code: string): string =>
  [
    binding.portalId,
    binding.contactId,
    factorId,
    binding.purpose,
    binding.epoch,
    binding.codeId,
    binding.loginDigest,
    code,
  ].join('|')

/** Compares two digests in constant time (ASVS 11.2.4). */
export function sameDigest(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
