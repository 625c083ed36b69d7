/**
 * What a refused call may leave behind, by the code of its refusal: the traces that a refusal is made of. Everything else
 * that changes at a status of 400 or more is a fault.
 */

/** A guess that was compared: counted before anybody heard of the verdict (I3). */
const charged = [
  'settlements +',
  'settlements ~ attempts',
  'settlements ~ verdicts',
  'settlements ~ charged_by',
  'contacts ~ failures',
  'contacts ~ locked_until',
  'factors ~ failures',
  'factors ~ failed_at',
  'events + challenge.failed',
  'events + enrollment.failed',
  'redis ~ code',
]

/** A guess that the arbiter would not compare: noted as a code that it has seen, and an attempt of Redis gone. */
const uncharged = ['settlements +', 'redis ~ code']

/** A send that was asked for, recorded before it was made, and refused by a limit (I8, I11). */
const overLimit = [
  'contacts +',
  'events + enrollment.requested',
  'events + enrollment.resent',
  'events + challenge.requested',
  'events + challenge.resent',
  'events + limit.reached',
  'redis ~ limit',
  'redis ~ code',
]

export const allowedChanges: Record<string, readonly string[]> = {
  code_incorrect: charged,
  factor_locked: [...charged, 'events + contact.locked'],
  reset_required: [...charged, 'events + factor.disabled', 'factors ~ disabled_at', 'events + contact.locked'],
  already_used: uncharged,
  attempts_exhausted: uncharged,
  cancelled: uncharged,
  mfa_disabled: uncharged,
  method_not_allowed: uncharged,
  step_up_required: uncharged,
  too_many_messages: overLimit,
}

/** Some refusals are kept, to be given again under the same Idempotency-Key. */
export const ALWAYS_ALLOWED = ['redis ~ idempotency']
