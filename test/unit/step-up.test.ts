/** Which assertion is a step-up, and how long it counts. */
import { describe, expect, it } from 'vitest'
import type { ContactSnapshot } from '../../src/domain/contact.ts'
import type { ContactId, ContactRef, LoginId, PortalId } from '../../src/domain/ids.ts'
import type { Portal } from '../../src/domain/settings.ts'
import { lacksStepUp, type StepUp } from '../../src/domain/step-up.ts'
import type { AssertionClaims } from '../../src/domain/tokens.ts'
import type { Ports } from '../../src/ports/ports.ts'
import { readStepUp } from '../../src/usecases/step-up.ts'
import {
  EPOCH,
  factorIdOf,
  sampleContact,
  sampleFactor,
  samplePortal,
  sampleSnapshot,
} from '../support/sample-snapshot.ts'

const contact: ContactRef = { portalId: 'acme' as PortalId, contactId: 'contact' as ContactId }
const login = 'login' as LoginId
const claims = {
  sub: 'contact',
  purpose: 'change_factor',
  login_id: 'login',
  ticket: 'ticket',
  mfa_method: 'sms',
  epoch: EPOCH,
}
const stepUp: StepUp = { ticket: 'ticket', provedBy: { method: 'sms', epoch: EPOCH } }

/** What an assertion with these claims is worth; it is read for the portal `acme` only. */
function readFrom(given: Record<string, unknown> | null, ref = contact, loginId: LoginId | null = login) {
  const read = (jwt: string, portalId: string) => (jwt === 'jwt' && portalId === 'acme' ? given : null)
  const ports = { tokens: { readAssertion: read as (...of: unknown[]) => AssertionClaims | null } } as unknown as Ports
  return readStepUp(ports, ref, 'jwt', loginId)
}
const refused = expect.objectContaining({ code: 'step_up_required' })

describe('a step-up', () => {
  it('is an assertion of this contact and login for changing a factor, and says its ticket and what it proved', () => {
    expect(readFrom(claims)).toEqual(stepUp)
  })

  it('is none without an assertion, which is no error', () => {
    expect(readStepUp({} as Ports, contact, undefined, login)).toBeNull()
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
    expect(() => readFrom(given)).toThrow(refused)
  })

  it('is refused at another portal', () => {
    expect(() => readFrom(claims, { ...contact, portalId: 'other' as PortalId })).toThrow(refused)
  })

  it('may come from any login of the contact where none is named', () => {
    expect(readFrom({ ...claims, login_id: 'other' }, contact, null)).toEqual(stepUp)
    expect(() => readFrom({ ...claims, sub: 'other' }, contact, null)).toThrow(refused)
    expect(() => readFrom({ ...claims, purpose: 'login' }, contact, null)).toThrow(refused)
  })
})

// BIND-5: a factor that the portal has just shut out still changes the others, by a proof that it gave before.
describe('a contact that is enrolled', () => {
  const address = sampleFactor({ factorId: factorIdOf('b'), method: 'email', country: null })
  const lacks = (given: Partial<ContactSnapshot>, carried: StepUp | null = stepUp) =>
    lacksStepUp(sampleSnapshot({ factors: [sampleFactor(), address], ...given }), carried)
  const since = (epochs: Partial<Portal['validFrom']>) => ({
    portal: samplePortal({}, { validFrom: { enabled: 0, methods: {}, countries: {}, ...epochs } }),
  })

  it('lacks none while the factor it has proved counts, however it has changed otherwise', () => {
    expect(lacks({})).toBe(false)
    expect(lacks({ factors: [sampleFactor({ factorId: factorIdOf('c') })] })).toBe(false)
    expect(lacks({ ...since({ methods: { email: EPOCH + 1 } }) })).toBe(false)
  })

  it.each<[string, Partial<ContactSnapshot>, StepUp | null]>([
    ['it has none', {}, null],
    ['the ticket was redrawn', { contact: sampleContact({ ticket: 'new' }) }, stepUp],
    ['the contact is gone', { contact: null }, stepUp],
    ['the factor was removed', { factors: [address] }, stepUp],
    ['its method was removed', { portal: samplePortal({ methods: ['email'] }) }, stepUp],
    ['its country was removed', { portal: samplePortal({ sms: { allowedCountries: ['DE'] } }) }, stepUp],
    ['its method was removed and allowed again', since({ methods: { sms: EPOCH + 1 } }), stepUp],
    ['its country was removed and allowed again', since({ countries: { US: EPOCH + 1 } }), stepUp],
    ['the proof is older than what counts', {}, { ...stepUp, provedBy: { method: 'sms', epoch: EPOCH - 1 } }],
    ['the factor is older than what counts', { factors: [sampleFactor({ epoch: EPOCH - 1 }), address] }, stepUp],
  ])('lacks one where %s', (_, given, carried) => {
    expect(lacks(given, carried)).toBe(true)
  })

  it('needs none where none of its factors counts', () => {
    expect(lacks({ portal: samplePortal({ methods: [] }) }, null)).toBe(false)
    expect(lacks({ factors: [] }, null)).toBe(false)
  })
})
