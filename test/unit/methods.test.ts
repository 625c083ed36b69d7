/** What portals are told of each method, and what assertions say of it. */
import { expect, it } from 'vitest'
import { methodNames, methodSchema, methods } from '../../src/domain/methods/index.ts'

it('are SMS, which NIST calls restricted, and email, which it does not take for an out-of-band authenticator', () => {
  const notice = expect.stringMatching(/^.*NIST SP 800-63B-4.*\.$/)
  expect(methods).toEqual({
    sms: {
      channel: 'sms',
      restricted: true,
      phishingResistant: false,
      nistOutOfBand: true,
      notice,
      amr: ['otp', 'sms', 'mfa'],
      lifetimeSetting: 'smsLifetimeSeconds',
    },
    email: {
      channel: 'email',
      restricted: false,
      phishingResistant: false,
      nistOutOfBand: false,
      notice,
      amr: ['otp', 'mfa'],
      lifetimeSetting: 'emailLifetimeSeconds',
    },
  })
})

it('are known by these names and no other', () => {
  expect(methodNames).toEqual(['sms', 'email'])
  const names = ['sms', 'email', 'SMS', 'totp', '', null]
  expect(names.filter(name => methodSchema.safeParse(name).success)).toEqual(['sms', 'email'])
})
