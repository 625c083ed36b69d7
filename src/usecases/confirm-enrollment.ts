import type { ContactId, EnrollmentId, LoginId } from '../domain/ids.ts'
import { prefixCreditLimit, prefixUnconfirmedLimit } from '../domain/limits.ts'
import type { Ports } from '../ports/ports.ts'
import { signProof } from './assertion.ts'
import { type Call, contactRef, eventContext, inPortal } from './call.ts'
import type { CompareCode, Proved } from './compare-code.ts'
import type { FactorView } from './views.ts'

export interface ConfirmEnrollment {
  contactId: ContactId
  enrollmentId: EnrollmentId
  code: string
  loginId: LoginId
}

/** Compares a code of an enrollment; when it is right, the destination it was sent to becomes the contact's factor. */
export function makeConfirmEnrollment(ports: Ports, compareCode: CompareCode) {
  return async (call: Call, input: ConfirmEnrollment): Promise<{ factor: FactorView; assertion: string }> => {
    const { contactId, enrollmentId: codeId, code, loginId } = input
    const ref = { ...contactRef(inPortal(call), contactId), codeId }
    const context = eventContext(call, ports.random)
    const proved = await compareCode(call, ref, { code, loginId }, comparison =>
      ports.settlement.settleEnrollment(comparison, context),
    )
    await creditPrefix(ports, proved)
    const { factorId, method, destinationMasked: destination } = proved.code.target
    const confirmedAt = proved.verdict.at
    return {
      factor: { factorId, method, destination, confirmedAt, lastUsedAt: null, disabledAt: null },
      assertion: signProof(ports, proved, loginId),
    }
  }
}

/** A confirmed number was no pumping: its own send leaves the prefix's count, once per contact and day. A failure costs one send. */
async function creditPrefix({ sendLimits }: Ports, { record, code }: Proved): Promise<void> {
  const { binding } = record
  const prefixIndex = binding.pendingFactor?.prefixIndex
  if (!prefixIndex) return
  try {
    const credit = await sendLimits.reserve(code.digest, [prefixCreditLimit(binding)])
    if (credit.granted) await sendLimits.giveBack(code.digest, [prefixUnconfirmedLimit(binding.portalId, prefixIndex)])
  } catch {
    // The confirmation stands.
  }
}
