import type { MethodDefinition } from './method.ts'

export const sms: MethodDefinition = {
  channel: 'sms',
  restricted: true,
  phishingResistant: false,
  nistOutOfBand: true,
  notice:
    'A text message can be read by whoever takes over the phone number. NIST SP 800-63B-4 calls it a restricted authenticator: offer another method as well and tell people of the risk.',
  amr: ['otp', 'sms', 'mfa'],
  lifetimeSetting: 'smsLifetimeSeconds',
}
