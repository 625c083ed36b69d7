/** What claims must say to be ours at all. */
import { describe, expect, it } from 'vitest'
import { codeStatuses, purposes } from '../../src/domain/code.ts'
import { TokenError } from '../../src/domain/errors.ts'
import { assertionClaimsSchema, signedAccessClaimsSchema } from '../../src/domain/tokens.ts'

const access = { sub: 'cli', client_id: 'cli', role: 'portal', jti: 'id' }
const accessOptions = { portal_id: 'acme', organization_id: 'org', subject: 'ann', gen: 1 }
const assertion = {
  aud: 'acme',
  sub: 'contact',
  organization_id: 'org',
  amr: ['otp'],
  mfa_method: 'sms',
  purpose: 'login',
  login_id: 'login',
  epoch: 1,
  auth_time: 5,
}

const without = (name: string, from: object) => Object.fromEntries(Object.entries(from).filter(([key]) => key !== name))

describe.each([
  ['an access token', signedAccessClaimsSchema, access, accessOptions],
  ['an assertion', assertionClaimsSchema, assertion, { ticket: 'ticket' }],
])('%s', (_, schema, required, optional) => {
  it('says all that is needed, and may say the rest', () => {
    expect(schema.parse(required)).toEqual(required)
    expect(schema.parse({ ...required, ...optional })).toEqual({ ...required, ...optional })
    for (const claim of Object.keys(required))
      expect(schema.safeParse(without(claim, required)).success, claim).toBe(false)
  })

  it('says nothing of another type, and what it says besides is not read', () => {
    const all = { ...required, ...optional }
    for (const claim of Object.keys(all))
      for (const wrong of [null, true, {}, ['a b']])
        if (claim !== 'amr' || !Array.isArray(wrong))
          expect(schema.safeParse({ ...all, [claim]: wrong }).success, claim).toBe(false)
    expect(schema.parse({ ...required, other: 1 })).toEqual(required)
  })
})

it('a purpose and a status is one of these', () => {
  expect(purposes).toEqual(['login', 'change_factor', 'enrollment'])
  expect(codeStatuses).toEqual(['pending', 'verified', 'expired', 'exhausted', 'superseded', 'cancelled'])
  for (const purpose of purposes) expect(assertionClaimsSchema.safeParse({ ...assertion, purpose }).success).toBe(true)
})

it('an error of the token endpoint has its code and its description', () => {
  const error = new TokenError('invalid_client', 'why')
  expect(error).toMatchObject({ name: 'TokenError', error: 'invalid_client', description: 'why', message: 'why' })
})
