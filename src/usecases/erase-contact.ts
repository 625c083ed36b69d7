import type { ContactId } from '../domain/ids.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, eventContext, inPortal, mustNotBeSelf, mustSee } from './call.ts'

/** Everything personal of the contact is gone; events keep ids only. */
export function makeEraseContact({ contacts, random }: Ports) {
  return async (call: Call, { contactId }: { contactId: ContactId }): Promise<void> => {
    const { caller } = inPortal(call)
    mustNotBeSelf(caller, contactId)
    await contacts.change(contactRef(inPortal(call), contactId), null, eventContext(call, random), ({ contact }) => {
      const { organizationId } = mustSee(caller, contact)
      return {
        answer: undefined,
        change: { kind: 'erase' },
        events: [{ type: 'contact.erased', contactId, organizationId, details: {} }],
      }
    })
  }
}
