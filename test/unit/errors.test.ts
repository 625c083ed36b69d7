/** The error vocabulary: which kind each code is of, written down once more, and what an error carries. */
import { describe, expect, it } from 'vitest'
import { type ErrorCode, errorVocabulary, MfaError, unavailable } from '../../src/domain/errors.ts'

const kinds: Record<string, ErrorCode[]> = {
  invalid: ['invalid_request'],
  unauthenticated: ['unauthenticated'],
  forbidden: ['forbidden', 'step_up_required', 'self_reset', 'portal_suspended'],
  missing: ['not_found'],
  conflict: [
    'mfa_disabled',
    'method_not_allowed',
    'skip_not_allowed',
    'already_enrolled',
    'not_enrolled',
    'last_factor',
    'already_used',
    'portal_exists',
    'request_in_progress',
  ],
  over: ['expired', 'attempts_exhausted', 'superseded', 'cancelled'],
  precondition: ['settings_changed'],
  too_large: ['body_too_large'],
  media_type: ['unsupported_media_type'],
  unprocessable: [
    'code_incorrect',
    'destination_invalid',
    'country_not_allowed',
    'destination_unreachable',
    'idempotency_key_reused',
  ],
  locked: ['factor_locked', 'reset_required'],
  limited: ['resend_too_soon', 'sends_exhausted', 'too_many_messages'],
  provider: ['delivery_failed'],
  unavailable: ['unavailable'],
}

describe('a code', () => {
  it.each(Object.entries(kinds))('of kind %s is one of these', (kind, codes) => {
    const found = Object.entries(errorVocabulary).filter(([, entry]) => entry.kind === kind)
    expect(found.map(([code]) => code).sort()).toEqual(codes.toSorted())
  })

  it('has a title of its own', () => {
    const titles = Object.values(errorVocabulary).map(({ title }) => title)
    expect(new Set(titles).size).toBe(titles.length)
    for (const title of titles) expect(title).toMatch(/^[A-Z].{8,}/)
  })
})

describe('an error', () => {
  it('carries its code, what may leave the house, and for the log its cause', () => {
    const cause = new Error('cause')
    const error = new MfaError('code_incorrect', { attemptsLeft: 2 }, { cause })
    expect(error).toMatchObject({ name: 'MfaError', code: 'code_incorrect', details: { attemptsLeft: 2 }, cause })
    expect(error.message).toBe(errorVocabulary.code_incorrect.title)
    expect(new MfaError('expired').details).toEqual({})
  })

  it('of a dependency asks to come back after two seconds', () => {
    const cause = new Error('down')
    expect(unavailable(cause)).toMatchObject({ code: 'unavailable', details: { retryAfterSeconds: 2 }, cause })
  })
})
