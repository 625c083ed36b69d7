import { MfaError } from '../domain/errors.ts'
import type { ContactRef, LoginId } from '../domain/ids.ts'
import type { StepUp } from '../domain/step-up.ts'
import type { Ports } from '../ports/ports.ts'

/**
 * The step-up that an assertion carries; null without an assertion. Whether it still counts is for the database to say.
 * Throws `step_up_required` when the assertion is none of ours, of another contact, login or purpose, or too old.
 * `loginId` null: any login of this contact.
 */
export function readStepUp(
  { tokens }: Ports,
  { portalId, contactId }: ContactRef,
  assertion: string | undefined,
  loginId: LoginId | null,
): StepUp | null {
  if (assertion === undefined) return null
  const claims = tokens.readAssertion(assertion, portalId)
  const fits =
    claims?.sub === contactId && claims.purpose === 'change_factor' && (loginId === null || claims.login_id === loginId)
  if (!fits || !claims.ticket) throw new MfaError('step_up_required')
  return { ticket: claims.ticket, provedBy: { method: claims.mfa_method, epoch: claims.epoch } }
}
