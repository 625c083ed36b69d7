import type { LoginId } from '../domain/ids.ts'
import { ASSERTION_SECONDS, STEP_UP_SECONDS } from '../domain/limits.ts'
import { methods } from '../domain/methods/index.ts'
import type { Ports } from '../ports/ports.ts'
import type { Proved } from './compare-code.ts'

/** Signs what has just been proved. Only a `change_factor` assertion carries the ticket, and so can step up. */
export function signProof({ tokens }: Ports, { record, code, verdict }: Proved, loginId: LoginId): string {
  const { portalId, contactId, purpose } = record.binding
  const { method } = code.target
  const stepUp = purpose === 'change_factor'
  return tokens.signAssertion(
    {
      aud: portalId,
      sub: contactId,
      organization_id: verdict.organizationId,
      amr: [...methods[method].amr],
      mfa_method: method,
      purpose,
      login_id: loginId,
      epoch: verdict.epoch,
      auth_time: Math.floor(verdict.at.getTime() / 1000),
      ...(stepUp ? { ticket: verdict.ticket } : {}),
    },
    stepUp ? STEP_UP_SECONDS : ASSERTION_SECONDS,
  )
}
