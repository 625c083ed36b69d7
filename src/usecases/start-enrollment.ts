import type { CodeBinding, PendingFactor } from '../domain/code.ts'
import { type ParsedDestination, parseDestination } from '../domain/destination.ts'
import { mayEnroll } from '../domain/eligibility.ts'
import { unavailable } from '../domain/errors.ts'
import type { ContactId, ContactRef, LoginId, OrganizationId } from '../domain/ids.ts'
import {
  contactLimit,
  destinationLimit,
  ENROLLMENT_LIFETIME_SECONDS,
  prefixLimit,
  prefixUnconfirmedLimit,
  type SendLimit,
} from '../domain/limits.ts'
import type { Method } from '../domain/methods/index.ts'
import type { Country, Portal } from '../domain/settings.ts'
import type { Proof } from '../domain/step-up.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, eventContext, inPortal } from './call.ts'
import { openCode } from './open-code.ts'
import type { Quota } from './portal-day.ts'
import { makeSendCode } from './send-code.ts'
import { dayLimit } from './start-challenge.ts'
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
export function makeStartEnrollment(ports: Ports) {
  const { settlement, random, secrecy } = ports
  const sendCode = makeSendCode(ports)

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
    const { snapshot, recorded } = await settlement.requestEnrollment(
      { ...ref, ...wish, type: 'enrollment.requested', enrollmentId, ticket, provedBy, epoch: null },
      eventContext(call, random),
    )
    mayEnroll(snapshot, { ...wish, stepUp })
    const { portal, contact } = snapshot
    if (!recorded || !contact) throw unavailable(new Error('the request was not recorded'))

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
    let created = false
    const { record, quota } = await sendCode(
      call,
      { binding, target, locale, ...toNewDestination(portal, ref, method, pendingFactor, parsed.destination) },
      async code => {
        const pendingMs = ENROLLMENT_LIFETIME_SECONDS * 1000
        const placed = await openCode(ports, { binding, code, sameness, pendingMs })
        created = placed.sendNo !== null
        return placed
      },
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

/** Where an enrollment's code goes, and under which limits. */
export function toNewDestination(
  portal: Portal,
  ref: ContactRef,
  method: Method,
  { destinationIndex, prefixIndex, country }: PendingFactor,
  destination: string,
) {
  const prefix = prefixIndex
    ? [prefixUnconfirmedLimit(ref.portalId, prefixIndex), prefixLimit(ref.portalId, prefixIndex)]
    : []
  const limits: SendLimit[] = [
    destinationLimit(destinationIndex),
    contactLimit(ref),
    ...prefix,
    ...dayLimit(portal, method, true),
  ]
  return { portal, destination, country, limits }
}
