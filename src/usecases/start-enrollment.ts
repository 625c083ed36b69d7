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
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, eventContext, inPortal } from './call.ts'
import type { Quota } from './portal-day.ts'
import { makeSendCode } from './send-code.ts'
import { dayLimit } from './start-challenge.ts'
import { stepUpTicket } from './step-up.ts'
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
  const { settlement, codes, random, secrecy } = ports
  const sendCode = makeSendCode(ports)

  return async (
    call: Call,
    input: StartEnrollment,
  ): Promise<{ created: boolean; enrollment: CodeView; quota: Quota | null }> => {
    const { contactId, organizationId, loginId, method, locale } = input
    const ref = contactRef(inPortal(call), contactId)
    const parsed = parseDestination(method, input.destination, input.country ?? null)
    const stepUp = stepUpTicket(ports, ref, input.assertion, loginId)
    const steppedUp = stepUp !== null
    const wish = { organizationId, method, country: parsed.country }
    const enrollmentId = random.enrollmentId()
    const { snapshot, recorded } = await settlement.requestEnrollment(
      { ...ref, ...wish, type: 'enrollment.requested', enrollmentId, ticket: stepUp, steppedUp, epoch: null },
      eventContext(call, random),
    )
    mayEnroll(snapshot, { ...wish, stepUpTicket: stepUp })
    const { portal, contact } = snapshot
    if (!recorded || !contact) throw unavailable(new Error('the request was not recorded'))

    const target = { factorId: random.factorId(), method, destinationMasked: parsed.masked }
    const pendingFactor = toPendingFactor(ports, { ...ref, factorId: target.factorId }, parsed, steppedUp)
    const binding: CodeBinding = {
      ...ref,
      codeId: enrollmentId,
      purpose: 'enrollment',
      loginDigest: secrecy.digest('login', loginId),
      epoch: portal.epoch,
      ticket: contact.ticket,
      pendingFactor,
    }
    const sameness = [method, pendingFactor.destinationIndex, contact.ticket, portal.epoch, steppedUp].join('|')
    let created = false
    const { record, quota } = await sendCode(
      call,
      { binding, target, locale, ...toNewDestination(portal, ref, method, pendingFactor, parsed.destination) },
      async code => {
        const opened = await codes.open({ binding, code, sameness, pendingMs: ENROLLMENT_LIFETIME_SECONDS * 1000 })
        created = opened.outcome === 'opened'
        return { record: opened.record, sendNo: created ? 1 : null }
      },
    )
    return { created, enrollment: codeView(record), quota }
  }
}

const toPendingFactor = (
  { secrecy }: Ports,
  context: ContactRef & { factorId: string },
  { destination, country, canonical, prefix }: ParsedDestination,
  steppedUp: boolean,
): PendingFactor => ({
  country,
  destinationSealed: secrecy.seal(destination, context),
  destinationIndex: secrecy.index(canonical),
  prefixIndex: prefix === null ? null : secrecy.index(prefix),
  steppedUp,
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
