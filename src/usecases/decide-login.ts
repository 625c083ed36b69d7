import { type Decision, decide } from '../domain/decision.ts'
import { MfaError } from '../domain/errors.ts'
import type { ContactId, LoginId, OrganizationId } from '../domain/ids.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, eventContext, inPortal } from './call.ts'
import type { Quota } from './portal-day.ts'
import type { makeStartChallenge } from './start-challenge.ts'
import { type CodeView, type FactorChoice, factorChoice } from './views.ts'

export interface DecideLogin {
  contactId: ContactId
  organizationId: OrganizationId
  loginId: LoginId
  /** Start the challenge in the same call, where the decision is one. */
  sendCode?: boolean | undefined
  locale?: string | undefined
}

export type DecisionView = { epoch: number } & (
  | Exclude<Decision, { decision: 'challenge' }>
  /** With sendCode: the challenge, or null and what starting it answered. */
  | {
      decision: 'challenge'
      factors: FactorChoice[]
      challenge?: CodeView | null
      sendError?: MfaError
      quota?: Quota | null
    }
)

/** "This contact has passed the password: what now?" A failed send never costs the decision. */
export function makeDecideLogin(ports: Ports, startChallenge: ReturnType<typeof makeStartChallenge>) {
  async function sent(call: Call, { contactId, loginId, locale }: DecideLogin) {
    try {
      const { challenge, quota } = await startChallenge(call, { contactId, loginId, locale })
      return { challenge, quota }
    } catch (error) {
      if (!(error instanceof MfaError)) throw error
      return { challenge: null, sendError: error }
    }
  }

  return async (call: Call, input: DecideLogin): Promise<DecisionView> => {
    const ref = contactRef(inPortal(call), input.contactId)
    const context = eventContext(call, ports.random)
    const snapshot = await ports.contacts.snapshotForLogin(ref, input.organizationId, context)
    const decision = decide(snapshot)
    const { epoch } = snapshot.portal
    ports.meter.count('mfa_decisions_total', { decision: decision.decision })
    if (decision.decision !== 'challenge') return { epoch, ...decision }
    const factors = decision.factors.map(factorChoice)
    return { epoch, decision: 'challenge', factors, ...(input.sendCode ? await sent(call, input) : {}) }
  }
}
