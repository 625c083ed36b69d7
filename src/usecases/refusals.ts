/** Turns the words of stores and arbiter into the errors of the contract, in one place. */
import type { CodeRecord } from '../domain/code.ts'
import type { Contact } from '../domain/contact.ts'
import { type ErrorCode, MfaError, type PublicDetails, unavailable } from '../domain/errors.ts'
import type { Requested, Verdict } from '../ports/settlement.ts'

/** The contact. Nothing is sent that was not recorded (I8), whatever the rules that looked at the snapshot allow. */
export function mustBeRecorded({ recorded, snapshot }: Requested): Contact {
  if (!recorded || !snapshot.contact) throw unavailable(new Error('the request was not recorded'))
  return snapshot.contact
}

const overCodes = {
  // Pending without a live code: an enrollment whose code has expired; a resend helps.
  pending: 'expired',
  verified: 'already_used',
  expired: 'expired',
  exhausted: 'attempts_exhausted',
  superseded: 'superseded',
  cancelled: 'cancelled',
} as const satisfies Record<CodeRecord['status'], ErrorCode>

/** Why a challenge or enrollment takes no more guesses. */
export const overError = (record: CodeRecord): MfaError =>
  new MfaError(overCodes[record.status], record.status === 'pending' ? whatIsLeft(record) : {})

/** What helps the caller to go on with a pending challenge or enrollment. */
export const whatIsLeft = (record: CodeRecord): PublicDetails => ({
  attemptsLeft: record.attemptsLeft,
  sendsLeft: record.sendsLeft,
  resendAt: record.resendAt?.toISOString() ?? null,
})

const refusedCodes = {
  already_used: 'already_used',
  exhausted: 'attempts_exhausted',
  cancelled: 'cancelled',
  mfa_disabled: 'mfa_disabled',
  method_not_allowed: 'method_not_allowed',
  step_up_required: 'step_up_required',
} as const

/** The error of every verdict but `verified`. */
export function verdictError(verdict: Exclude<Verdict, { outcome: 'verified' }>, record: CodeRecord): MfaError {
  switch (verdict.outcome) {
    case 'incorrect': {
      const attemptsLeft = Math.min(verdict.attemptsLeft, record.attemptsLeft)
      return new MfaError('code_incorrect', { ...whatIsLeft(record), attemptsLeft })
    }
    case 'locked':
      return new MfaError('factor_locked', { retryAfterSeconds: verdict.retryAfterSeconds })
    case 'disabled':
      return new MfaError('reset_required')
    default:
      return new MfaError(refusedCodes[verdict.outcome])
  }
}
