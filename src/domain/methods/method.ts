/** A message channel that can carry a code. */
export type Channel = 'sms' | 'email'

/** What the service knows of one authentication method. Adding a method is one file like this and one line in the registry. */
export interface MethodDefinition {
  channel: Channel
  /** NIST SP 800-63B-4 §3.2.9: a restricted authenticator. */
  restricted: boolean
  phishingResistant: boolean
  /** Whether NIST SP 800-63B-4 §3.1.3 accepts it as an out-of-band authenticator at all. */
  nistOutOfBand: boolean
  /** What a portal should tell those who choose it. */
  notice: string
  /** RFC 8176 values of an assertion made with it. */
  amr: readonly string[]
  /** Member of `settings.code` that holds the lifetime of its codes in seconds. */
  lifetimeSetting: 'smsLifetimeSeconds' | 'emailLifetimeSeconds'
}
