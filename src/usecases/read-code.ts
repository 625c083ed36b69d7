import { isVoid } from '../domain/eligibility.ts'
import { MfaError } from '../domain/errors.ts'
import type { CodeId, ContactId } from '../domain/ids.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, contactRef, inPortal } from './call.ts'
import { type CodeView, codeView } from './views.ts'

/**
 * The state of a challenge or enrollment, for display only; what settings, reset or lock have ended reads `cancelled`. An
 * erased contact has none, though its store still remembers it for a while.
 */
export function makeReadCode({ codes, contacts }: Ports) {
  return async (call: Call, contactId: ContactId, codeId: CodeId): Promise<CodeView> => {
    const ref = { ...contactRef(inPortal(call), contactId), codeId }
    const record = await codes.read(ref)
    if (!record) throw new MfaError('not_found')
    const snapshot = await contacts.snapshot(ref)
    if (!snapshot.contact) throw new MfaError('not_found')
    if (record.status !== 'pending') return codeView(record)
    return codeView(record, isVoid(snapshot, record.binding, record.target) ? 'cancelled' : 'pending')
  }
}
