/** Who may be sent a code now: the rules that start and resend look at, each refusal with its code. */
import type { CodeBinding, CodeTarget } from './code.ts'
import { type ContactSnapshot, countingFactors, type Factor, lockedForSeconds, methodCounts } from './contact.ts'
import { MfaError } from './errors.ts'
import type { FactorId, OrganizationId } from './ids.ts'
import type { Method } from './methods/index.ts'
import { lacksStepUp, type StepUp } from './step-up.ts'

/** The factor a challenge goes to: the named one, else the last proved. Throws what forbids it. */
export function chooseFactor(snapshot: ContactSnapshot, factorId: FactorId | null): Factor {
  mustBeOn(snapshot)
  const counting = countingFactors(snapshot)
  const candidates = factorId ? [namedFactor(snapshot, counting, factorId)] : counting
  if (candidates.length === 0) throw new MfaError('not_enrolled')
  const factor = candidates.find(candidate => candidate.disabledAt === null)
  if (!factor) throw new MfaError('reset_required')
  mustNotBeLocked(snapshot)
  return factor
}

function namedFactor(snapshot: ContactSnapshot, counting: Factor[], factorId: FactorId): Factor {
  const named = snapshot.factors.find(factor => factor.factorId === factorId)
  if (!named) throw new MfaError('not_found')
  mustAllow(snapshot, named.method)
  if (!counting.includes(named)) throw new MfaError('not_enrolled')
  return named
}

export interface EnrollmentWish {
  organizationId: OrganizationId
  method: Method
  country: string | null
  /** Of a valid assertion; null: none. */
  stepUp: StepUp | null
}

/** Throws what forbids that this contact has a code sent to a new destination. */
export function mustAllowEnrollment(snapshot: ContactSnapshot, wish: EnrollmentWish): void {
  const { contact, portal } = snapshot
  if (contact && contact.organizationId !== wish.organizationId) throw new MfaError('not_found')
  mustBeOn(snapshot)
  mustAllow(snapshot, wish.method)
  if (wish.country !== null && !portal.settings.sms.allowedCountries.includes(wish.country))
    throw new MfaError('country_not_allowed')
  const counting = countingFactors(snapshot)
  if (counting.length > 0 && counting.every(factor => factor.disabledAt)) throw new MfaError('reset_required')
  mustNotBeLocked(snapshot)
  if (lacksStepUp(snapshot, wish.stepUp)) throw new MfaError('step_up_required')
}

/** Whether settings, reset, lock or epoch have ended a challenge or enrollment that its store still calls pending. */
export function isVoid(snapshot: ContactSnapshot, binding: CodeBinding, target: CodeTarget): boolean {
  const { portal, contact } = snapshot
  if (!portal.settings.enabled || !contact || lockedForSeconds(snapshot) !== null) return true
  const pending = binding.pendingFactor
  if (pending) {
    const { country, provedBy } = pending
    return (
      contact.ticket !== binding.ticket ||
      !methodCounts(portal, { method: target.method, country, epoch: binding.epoch }) ||
      lacksStepUp(snapshot, provedBy && { ticket: binding.ticket, provedBy })
    )
  }
  const factor = snapshot.factors.find(({ factorId }) => factorId === target.factorId)
  if (!factor || factor.disabledAt) return true
  return (
    !methodCounts(portal, factor) ||
    !methodCounts(portal, { method: factor.method, country: factor.country, epoch: binding.epoch })
  )
}

function mustBeOn({ portal }: ContactSnapshot): void {
  if (!portal.settings.enabled) throw new MfaError('mfa_disabled')
}

function mustAllow({ portal }: ContactSnapshot, method: Method): void {
  if (!portal.settings.methods.includes(method)) throw new MfaError('method_not_allowed')
}

function mustNotBeLocked(snapshot: ContactSnapshot): void {
  const retryAfterSeconds = lockedForSeconds(snapshot)
  if (retryAfterSeconds !== null) throw new MfaError('factor_locked', { retryAfterSeconds })
}
