import { actorOf, type Caller, type OperatorCaller, type PortalCaller } from '../domain/caller.ts'
import type { Contact } from '../domain/contact.ts'
import { MfaError } from '../domain/errors.ts'
import type { EventContext } from '../domain/event.ts'
import type { ContactId, ContactRef } from '../domain/ids.ts'
import type { Random } from '../ports/random.ts'

/** One request: who calls, and what joins its log line, its events and its answer. */
export interface Call<C extends Caller = Caller> {
  caller: C
  requestId: string
  /** Set where the call is bound to an Idempotency-Key: the same guess under the same key is one attempt. */
  attemptId?: string
}

/** The call, if it comes from inside a portal. Role access is checked before; this only narrows the type, and fails closed. */
export function inPortal(call: Call): Call<PortalCaller> {
  if (call.caller.role === 'operator') throw new MfaError('forbidden')
  return call as Call<PortalCaller>
}

/** The call, if it is the operator's; the other half of {@link inPortal}. Throws `forbidden`. */
export function byOperator(call: Call): Call<OperatorCaller> {
  if (call.caller.role !== 'operator') throw new MfaError('forbidden')
  return call as Call<OperatorCaller>
}

/** What every event of this call is stamped with. */
export const eventContext = (call: Call, random: Random): EventContext => ({
  actor: actorOf(call.caller),
  requestId: call.requestId,
  newEventId: random.eventId,
})

/** The portal comes from the token, never from the request. */
export const contactRef = (call: Call<PortalCaller>, contactId: ContactId): ContactRef => ({
  portalId: call.caller.portalId,
  contactId,
})

/** Nobody resets or erases their own account: whoever has stolen a session could otherwise enroll a phone of their own. */
export function mustNotBeSelf(caller: PortalCaller, contactId: ContactId): void {
  if ((caller.subject as string | null) === contactId) throw new MfaError('self_reset')
}

/** The contact, if it is known and of an organization that this caller may see; otherwise there is none. */
export function mustSee(caller: PortalCaller, contact: Contact | null): Contact {
  const hidden = caller.role === 'organization_admin' && contact?.organizationId !== caller.organizationId
  if (!contact || hidden) throw new MfaError('not_found')
  return contact
}
