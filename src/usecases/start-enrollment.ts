import type { CodeBinding, PendingFactor } from '../domain/code.ts'
import { type ParsedDestination, parseDestination } from '../domain/destination.ts'
import { mustAllowEnrollment } from '../domain/eligibility.ts'
import type { ContactId, ContactRef, LoginId, OrganizationId } from '../domain/ids.ts'
import { ENROLLMENT_LIFETIME_SECONDS } from '../domain/limits.ts'
import type { Method } from '../domain/methods/index.ts'
import type { Country } from '../domain/settings.ts'
import type { Proof } from '../domain/step-up.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, eventContext, inPortal } from './call.ts'
import { toNewDestination } from './code-to-send.ts'
import { openCode } from './open-code.ts'
import type { Quota } from './portal-day.ts'
import { mustBeRecorded } from './refusals.ts'
import type { SendCode } from './send-code.ts'
import { readStepUp } from './step-up.ts'
import { type CodeView, codeView } from './views.ts'

export interface StartEnrollment {
  contactId: ContactId
  organizationId: OrganizationId
  loginId: LoginId
  method: Method
  destination: string
  country?: Country | undefined
  locale?: string | undefined
  /** Of purpose `change_factor`; needed by a contact that is enrolled. */
  assertion?: string | undefined
}

/** Starts an enrollment and sends its first code; while the same one of this login is pending, answers that one. */
export function makeStartEnrollment(ports: Ports, sendCode: SendCode) {
  const { settlement, random, secrecy } = ports

  return async (
    call: Call,
    input: StartEnrollment,
  ): Promise<{ created: boolean; enrollment: CodeView; quota: Quota | null }> => {
    const { contactId, organizationId, loginId, method, locale } = input
    const ref = contactRef(inPortal(call), contactId)
    const parsed = parseDestination(method, input.destination, input.country ?? null)
    const stepUp = readStepUp(ports, ref, input.assertion, loginId)
    const { ticket = null, provedBy = null } = stepUp ?? {}
    const wish = { organizationId, method, country: parsed.country }
    const enrollmentId = random.enrollmentId()
    const requested = await settlement.requestEnrollment(
      { ...ref, ...wish, type: 'enrollment.requested', enrollmentId, ticket, provedBy, epoch: null },
      eventContext(call, random),
    )
    const { portal } = requested.snapshot
    mustAllowEnrollment(requested.snapshot, { ...wish, stepUp })
    const contact = mustBeRecorded(requested)

    const target = { factorId: random.factorId(), method, destinationMasked: parsed.masked }
    const pendingFactor = toPendingFactor(ports, { ...ref, factorId: target.factorId }, parsed, provedBy)
    const binding: CodeBinding = {
      ...ref,
      codeId: enrollmentId,
      purpose: 'enrollment',
      loginDigest: secrecy.digest('login', loginId),
      epoch: portal.epoch,
      ticket: contact.ticket,
      pendingFactor,
    }
    const proof = provedBy && `${provedBy.method}.${provedBy.epoch}`
    const sameness = [method, pendingFactor.destinationIndex, contact.ticket, portal.epoch, proof].join('|')
    const to = toNewDestination(portal, ref, method, pendingFactor, parsed.destination)
    const { record, quota, created } = await sendCode(call, { binding, target, locale, ...to }, code =>
      openCode(ports, { binding, code, sameness, pendingMs: ENROLLMENT_LIFETIME_SECONDS * 1000 }),
    )
    return { created, enrollment: codeView(record), quota }
  }
}

const toPendingFactor = (
  { secrecy }: Ports,
  context: ContactRef & { factorId: string },
  { destination, country, canonical, prefix }: ParsedDestination,
  provedBy: Proof | null,
): PendingFactor => ({
  country,
  destinationSealed: secrecy.seal(destination, context),
  destinationIndex: secrecy.index(canonical),
  prefixIndex: prefix === null ? null : secrecy.index(prefix),
  provedBy,
})
