/** How things of the house look to a caller: masked, and without what only we need. */
import type { CodeRecord, CodeStatus, Delivery } from '../domain/code.ts'
import {
  type ContactSnapshot,
  type ContactStatus,
  countingFactors,
  type Factor,
  lockedForSeconds,
} from '../domain/contact.ts'
import type { ContactId, FactorId, OrganizationId } from '../domain/ids.ts'
import type { Method } from '../domain/methods/index.ts'
import { skipUntil, validSkip } from '../domain/skip.ts'

export interface CodeView {
  id: string
  status: CodeStatus
  method: Method
  /** Masked. */
  destination: string
  codeLength: number
  expiresAt: Date
  resendAt: Date | null
  attemptsLeft: number
  sendsLeft: number
  delivery: { status: Delivery }
}

export const codeView = (record: CodeRecord, status: CodeStatus = record.status): CodeView => ({
  id: record.binding.codeId,
  status,
  method: record.target.method,
  destination: record.target.destinationMasked,
  codeLength: record.codeLength,
  expiresAt: record.expiresAt,
  resendAt: status === 'pending' ? record.resendAt : null,
  attemptsLeft: status === 'pending' ? record.attemptsLeft : 0,
  sendsLeft: status === 'pending' ? record.sendsLeft : 0,
  delivery: { status: record.delivery },
})

/** What a challenge decision tells of a factor. */
export interface FactorChoice {
  factorId: FactorId
  method: Method
  /** Masked. */
  destination: string
}

export const factorChoice = (factor: Factor): FactorChoice => ({
  factorId: factor.factorId,
  method: factor.method,
  destination: factor.destinationMasked,
})

export type FactorView = FactorChoice & { confirmedAt: Date; lastUsedAt: Date | null; disabledAt: Date | null }

const factorView = (factor: Factor): FactorView => ({
  ...factorChoice(factor),
  confirmedAt: factor.confirmedAt,
  lastUsedAt: factor.usedAt,
  disabledAt: factor.disabledAt,
})

export interface ContactView {
  contactId: ContactId
  organizationId: OrganizationId
  /** Under today's settings. */
  status: ContactStatus
  factors: FactorView[]
  skippedAt: Date | null
  skipUntil: Date | null
  lockedUntil: Date | null
}

/** Null: never seen. */
export function contactView(snapshot: ContactSnapshot): ContactView | null {
  const { contact } = snapshot
  if (!contact) return null
  const factors = countingFactors(snapshot)
  const skip = validSkip(snapshot)
  return {
    contactId: contact.contactId,
    organizationId: contact.organizationId,
    status: factors.length > 0 ? 'enrolled' : skip ? 'skipped' : 'not_enrolled',
    factors: factors.map(factorView),
    skippedAt: skip?.at ?? null,
    skipUntil: skip ? skipUntil(snapshot, skip.at) : null,
    lockedUntil: lockedForSeconds(snapshot) === null ? null : contact.lockedUntil,
  }
}
