/** Which assertion counts as a step-up. */
import { describe, expect, it } from 'vitest'
import type { ContactId, ContactRef, LoginId, PortalId } from '../../src/domain/ids.ts'
import type { AssertionClaims } from '../../src/domain/tokens.ts'
import type { Ports } from '../../src/ports/ports.ts'
import { stepUpTicket } from '../../src/usecases/step-up.ts'

const contact: ContactRef = { portalId: 'acme' as PortalId, contactId: 'contact' as ContactId }
const login = 'login' as LoginId
const claims = { sub: 'contact', purpose: 'change_factor', login_id: 'login', ticket: 'ticket' }

/** What an assertion with these claims is worth; it is read for the portal `acme` only. */
function ticketOf(given: Record<string, unknown> | null, ref = contact, loginId: LoginId | null = login) {
  const read = (jwt: string, portalId: string) => (jwt === 'jwt' && portalId === 'acme' ? given : null)
  const ports = { tokens: { readAssertion: read as (...of: unknown[]) => AssertionClaims | null } } as unknown as Ports
  return stepUpTicket(ports, ref, 'jwt', loginId)
}
const refused = expect.objectContaining({ code: 'step_up_required' })

describe('a step-up', () => {
  it('is an assertion of this contact and login for changing a factor, and gives its ticket', () => {
    expect(ticketOf(claims)).toBe('ticket')
  })

  it('is none without an assertion, which is no error', () => {
    expect(stepUpTicket({} as Ports, contact, undefined, login)).toBeNull()
  })

  // Proofs that were given for something else, or in another login, or by somebody else.
  it.each([
    ['is none of ours', null],
    ['of another contact', { ...claims, sub: 'other' }],
    ['of a login', { ...claims, purpose: 'login' }],
    ['of an enrollment', { ...claims, purpose: 'enrollment' }],
    ['of another login', { ...claims, login_id: 'other' }],
    ['without a ticket', { ...claims, ticket: undefined }],
    ['with an empty ticket', { ...claims, ticket: '' }],
  ])('is refused %s', (_, given) => {
    expect(() => ticketOf(given)).toThrow(refused)
  })

  it('is refused at another portal', () => {
    expect(() => ticketOf(claims, { ...contact, portalId: 'other' as PortalId })).toThrow(refused)
  })

  it('may come from any login of the contact where none is named', () => {
    expect(ticketOf({ ...claims, login_id: 'other' }, contact, null)).toBe('ticket')
    expect(() => ticketOf({ ...claims, sub: 'other' }, contact, null)).toThrow(refused)
    expect(() => ticketOf({ ...claims, purpose: 'login' }, contact, null)).toThrow(refused)
  })
})
