import type { ChallengeId, ContactId, LoginId } from '../domain/ids.ts'
import type { Ports } from '../ports/ports.ts'
import { signProof } from './assertion.ts'
import { type Call, contactRef, eventContext, inPortal } from './call.ts'
import type { CompareCode } from './compare-code.ts'

export interface VerifyChallenge {
  contactId: ContactId
  challengeId: ChallengeId
  code: string
  loginId: LoginId
}

/** Compares a code of a challenge; at most one success ever, and each failure is counted before it is told. */
export function makeVerifyChallenge(ports: Ports, compareCode: CompareCode) {
  return async (call: Call, input: VerifyChallenge): Promise<{ status: 'verified'; assertion: string }> => {
    const { contactId, challengeId: codeId, code, loginId } = input
    const ref = { ...contactRef(inPortal(call), contactId), codeId }
    const context = eventContext(call, ports.random)
    const proved = await compareCode(call, ref, { code, loginId }, comparison =>
      ports.settlement.settleChallenge(comparison, context),
    )
    return { status: 'verified', assertion: signProof(ports, proved, loginId) }
  }
}
