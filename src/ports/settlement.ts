import type { CodeBinding, CodeTarget, Purpose } from '../domain/code.ts'
import type { ContactSnapshot } from '../domain/contact.ts'
import type { EventContext } from '../domain/event.ts'
import type { ChallengeId, ContactRef, EnrollmentId, FactorId, OrganizationId } from '../domain/ids.ts'
import type { Method } from '../domain/methods/index.ts'
import type { Proof } from '../domain/step-up.ts'

/** `recorded`: the event was written, because nothing in the snapshot forbids the request. */
export interface Requested {
  snapshot: ContactSnapshot
  recorded: boolean
}

export interface ChallengeRequest extends ContactRef {
  type: 'challenge.requested' | 'challenge.resent'
  challengeId: ChallengeId
  purpose: Purpose
  /** Null: the last proved that counts and is not disabled. */
  factorId: FactorId | null
  /** Resend: the epoch the challenge was made in; it must still be valid for the factor's method. Null: start. */
  epoch: number | null
}

export interface EnrollmentRequest extends ContactRef {
  type: 'enrollment.requested' | 'enrollment.resent'
  enrollmentId: EnrollmentId
  organizationId: OrganizationId
  method: Method
  country: string | null
  /** The ticket a step-up (start) or the pending enrollment (resend) carries; must be the contact's present one. Null: start without step-up. */
  ticket: string | null
  /** What the step-up proved that `ticket` comes from, so that a contact that is enrolled may go on. Null: none. */
  provedBy: Proof | null
  /** Resend: the epoch the enrollment was made in. Null: start. */
  epoch: number | null
}

/** A comparison to be charged: the caller has compared already, nobody knows the result yet. */
export interface Comparison {
  binding: CodeBinding
  /** The target of the code that was right, or the newest code's. */
  target: CodeTarget
  right: boolean
  /** The same attempt settled twice is charged once and answered alike. */
  attemptId: string
}

export type Verdict =
  | { outcome: 'verified'; organizationId: OrganizationId; ticket: string; epoch: number; at: Date }
  | { outcome: 'incorrect'; attemptsLeft: number }
  /** This failure locked the contact, or it was locked before (then nothing was compared). */
  | { outcome: 'locked'; retryAfterSeconds: number }
  /** This failure disabled the factor (hard cap), or it was disabled before. */
  | { outcome: 'disabled' }
  | { outcome: 'already_used' | 'exhausted' | 'cancelled' | 'mfa_disabled' | 'method_not_allowed' | 'step_up_required' }

/**
 * The arbiter. Each method is one statement that first locks the contact's row; its event is part of it. When a promise
 * resolves, the charge is committed; when it rejects (`unavailable`) nobody may tell a verdict. Callers depend on the
 * committed outcome only, never on one statement per call, so an implementation may settle many in one commit.
 */
export interface Settlement {
  /** Reads a snapshot and records the request of a code for an active factor, if MFA is on, the contact not locked and the factor counts and is not disabled. */
  requestChallenge(request: ChallengeRequest, context: EventContext): Promise<Requested>
  /**
   * Likewise for an enrollment: if MFA is on, the method allowed, the contact (created if new) in this organization, not
   * locked, and either without a factor that counts or stepped up under its present ticket, by one that has counted since.
   * The snapshot has the contact.
   */
  requestEnrollment(request: EnrollmentRequest, context: EventContext): Promise<Requested>
  /** Charges one comparison of a challenge and says the verdict. */
  settleChallenge(comparison: Comparison, context: EventContext): Promise<Verdict>
  /**
   * Charges one comparison of an enrollment; when right, makes the factor (the same id as its target's), replacing that of
   * the same method, deletes the skip and factors that no longer count, and redraws the ticket (the verdict has the new one).
   */
  settleEnrollment(comparison: Comparison, context: EventContext): Promise<Verdict>
}
