/** Who may be sent a code: each rule alone, and which one speaks where several forbid. */
import { describe, expect, it } from 'vitest'
import type { CodeBinding, CodeTarget } from '../../src/domain/code.ts'
import type { ContactSnapshot, Factor } from '../../src/domain/contact.ts'
import { chooseFactor, type EnrollmentWish, isVoid, mustAllowEnrollment } from '../../src/domain/eligibility.ts'
import { MfaError } from '../../src/domain/errors.ts'
import type { ChallengeId, ContactId, OrganizationId, PortalId } from '../../src/domain/ids.ts'
import type { StepUp } from '../../src/domain/step-up.ts'
import {
  EPOCH,
  factorIdOf,
  later,
  sampleContact,
  sampleFactor,
  samplePortal,
  sampleSnapshot,
} from '../support/sample-snapshot.ts'

const [first, second] = [sampleFactor(), sampleFactor({ factorId: factorIdOf('b'), method: 'email', country: null })]
const off = { portal: samplePortal({ enabled: false }) }
const locked = { contact: sampleContact({ lockedUntil: later(1500) }) }
/** The first has been proved. */
const stepUp: StepUp = { ticket: 'ticket', provedBy: { method: 'sms', epoch: EPOCH } }
const disabled = (factor: Factor) => ({ ...factor, disabledAt: later(-1) })

/** The code it throws, or what it returns. */
function outcome(attempt: () => unknown): unknown {
  try {
    return attempt()
  } catch (error) {
    if (error instanceof MfaError) return error.code
    throw error
  }
}

describe('the factor of a challenge', () => {
  const chosen = (given: Partial<ContactSnapshot>, factorId: Factor['factorId'] | null = null) =>
    outcome(() => chooseFactor(sampleSnapshot({ factors: [first, second], ...given }), factorId))

  it('is the first that counts and is not disabled, or the one named', () => {
    expect(chosen({})).toBe(first)
    expect(chosen({ factors: [disabled(first), second] })).toBe(second)
    expect(chosen({ portal: samplePortal({ methods: ['email'] }) })).toBe(second)
    expect(chosen({}, second.factorId)).toBe(second)
  })

  it.each([
    ['MFA is off', off, null, 'mfa_disabled'],
    ['there is none', { factors: [] }, null, 'not_enrolled'],
    ['none is of a valid epoch', { factors: [sampleFactor({ epoch: EPOCH - 1 })] }, null, 'not_enrolled'],
    ['all are disabled', { factors: [disabled(first), disabled(second)] }, null, 'reset_required'],
    ['the contact is locked', locked, null, 'factor_locked'],
    ['it is named and nobody has it', {}, factorIdOf('z'), 'not_found'],
    ['it is named and disabled', { factors: [disabled(first), second] }, first.factorId, 'reset_required'],
    ['its method was removed', { portal: samplePortal({ methods: ['email'] }) }, first.factorId, 'method_not_allowed'],
    ['its epoch is over', { factors: [sampleFactor({ epoch: EPOCH - 1 }), second] }, first.factorId, 'not_enrolled'],
    ['MFA is off, before it is looked for', off, factorIdOf('z'), 'mfa_disabled'],
    ['disabled, before the lock', { ...locked, factors: [disabled(first)] }, null, 'reset_required'],
  ] as const)('is refused where %s', (_, given, factorId, code) => {
    expect(chosen(given as Partial<ContactSnapshot>, factorId)).toBe(code)
  })

  it('tells how long a lock lasts', () => {
    expect(() => chooseFactor(sampleSnapshot(locked), null)).toThrow(
      expect.objectContaining({ details: { retryAfterSeconds: 2 } }),
    )
  })
})

describe('an enrollment', () => {
  const wish: EnrollmentWish = {
    organizationId: 'org' as OrganizationId,
    method: 'sms',
    country: 'US',
    stepUp: null,
  }
  const may = (given: Partial<ContactSnapshot>, wished: Partial<EnrollmentWish> = {}) =>
    outcome(() => mustAllowEnrollment(sampleSnapshot({ factors: [], ...given }), { ...wish, ...wished }))

  it('may begin without a factor that counts: of a known contact, an unknown one, or after a change of epoch', () => {
    expect(may({})).toBeUndefined()
    expect(may({ contact: null })).toBeUndefined()
    expect(may({ factors: [sampleFactor({ epoch: EPOCH - 1 })] })).toBeUndefined()
    expect(may({}, { method: 'email', country: null })).toBeUndefined()
  })

  it('may begin beside a factor that counts with the present ticket only', () => {
    const enrolled = { factors: [first] }
    expect(may(enrolled, { stepUp })).toBeUndefined()
    expect(may(enrolled, { stepUp: { ...stepUp, ticket: 'older ticket' } })).toBe('step_up_required')
    expect(may(enrolled)).toBe('step_up_required')
    expect(may({ ...enrolled, contact: null })).toBe('step_up_required')
  })

  it.each([
    ['the organization is another', {}, { organizationId: 'other' as OrganizationId }, 'not_found'],
    ['MFA is off', off, {}, 'mfa_disabled'],
    ['the method is not allowed', { portal: samplePortal({ methods: ['email'] }) }, {}, 'method_not_allowed'],
    ['the country is not allowed', {}, { country: 'DE' }, 'country_not_allowed'],
    ['all factors are disabled', { factors: [disabled(first)] }, { stepUp }, 'reset_required'],
    ['the contact is locked', locked, {}, 'factor_locked'],
    ['locked, before the step-up', { ...locked, factors: [first] }, {}, 'factor_locked'],
    ['disabled, before the lock', { ...locked, factors: [disabled(first)] }, {}, 'reset_required'],
    ['of another organization, before MFA is off', off, { organizationId: 'x' as OrganizationId }, 'not_found'],
  ] as const)('is refused where %s', (_, given, wished, code) => {
    expect(may(given as Partial<ContactSnapshot>, wished)).toBe(code)
  })

  it('needs one usable factor for a step-up, not all', () => {
    expect(may({ factors: [first, disabled(second)] }, { stepUp })).toBeUndefined()
  })
})

describe('what is pending', () => {
  const target: CodeTarget = { factorId: first.factorId, method: 'sms', destinationMasked: '******42' }
  const binding: CodeBinding = {
    portalId: 'acme' as PortalId,
    contactId: 'contact' as ContactId,
    codeId: `chl_${'c'.repeat(22)}` as ChallengeId,
    purpose: 'login',
    loginDigest: 'login',
    epoch: EPOCH,
    ticket: 'ticket',
    pendingFactor: null,
  }
  const pendingFactor = {
    country: 'US',
    destinationSealed: 's',
    destinationIndex: 'i',
    prefixIndex: null,
    provedBy: null,
  }
  const steppedUp = { pendingFactor: { ...pendingFactor, provedBy: stepUp.provedBy } }
  const enrolling: CodeBinding = { ...binding, purpose: 'enrollment', pendingFactor }

  it.each([
    ['nothing has changed', {}, {}, false],
    ['MFA was turned off', off, {}, true],
    ['the contact was erased', { contact: null }, {}, true],
    ['the contact is locked', locked, {}, true],
    ['the factor is gone', { factors: [second] }, {}, true],
    ['the factor was disabled', { factors: [disabled(first)] }, {}, true],
    ['the factor no longer counts', { factors: [sampleFactor({ epoch: EPOCH - 1 })] }, {}, true],
    ['it was made in an older epoch', {}, { epoch: EPOCH - 1 }, true],
    ['the method was removed', { portal: samplePortal({ methods: ['email'] }) }, {}, true],
    ['the country was removed', { portal: samplePortal({ sms: { allowedCountries: ['DE'] } }) }, {}, true],
    ['the ticket was redrawn, which voids enrollments only', { contact: sampleContact({ ticket: 'new' }) }, {}, false],
  ] as const)('is void as a challenge or stays, by the rules: %s', (_, given, bound, expected) => {
    expect(isVoid(sampleSnapshot(given as Partial<ContactSnapshot>), { ...binding, ...bound }, target)).toBe(expected)
  })

  it.each([
    ['nothing has changed', {}, {}, false],
    ['MFA was turned off', off, {}, true],
    ['the contact was erased', { contact: null }, {}, true],
    ['the contact is locked', locked, {}, true],
    ['the ticket was redrawn', { contact: sampleContact({ ticket: 'new' }) }, {}, true],
    ['it was made in an older epoch', {}, { epoch: EPOCH - 1 }, true],
    ['the method was removed', { portal: samplePortal({ methods: ['email'] }) }, {}, true],
    ['the country was removed', { portal: samplePortal({ sms: { allowedCountries: ['DE'] } }) }, {}, true],
    ['a factor counts that was not proved', { factors: [second] }, steppedUp, true],
    ['the proved factor counts, another is disabled', { factors: [first, disabled(second)] }, steppedUp, false],
    ['a factor counts and none was proved', { factors: [first] }, {}, true],
  ] as const)('is void as an enrollment or stays, by the rules: %s', (_, given, bound, expected) => {
    const snapshot = sampleSnapshot({ factors: [], ...given } as Partial<ContactSnapshot>)
    expect(isVoid(snapshot, { ...enrolling, ...bound }, target)).toBe(expected)
  })
})
