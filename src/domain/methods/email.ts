import type { MethodDefinition } from './method.ts'

export const email: MethodDefinition = {
  channel: 'email',
  restricted: false,
  phishingResistant: false,
  nistOutOfBand: false,
  notice:
    'NIST SP 800-63B-4 does not accept email as an out-of-band authenticator: whoever reads the mailbox passes. Use it where the mailbox itself is well protected and is not also the way to reset the password.',
  amr: ['otp', 'mfa'],
  lifetimeSetting: 'emailLifetimeSeconds',
}
