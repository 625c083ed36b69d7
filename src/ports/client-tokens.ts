import type { ClientKey } from '../domain/client-key.ts'

/** Access tokens that API clients have signed themselves. */
export interface ClientTokens {
  /** The issuer that an unverified token names, good for nothing but choosing how to verify it; null: it names none. */
  issuerOf(token: string): string | null
  /**
   * The claims of an access token for us under the signature of one of these keys; null: it is none. The dates, and who
   * the claims say it is, are the caller's to judge, each time.
   */
  verified(token: string, keys: readonly ClientKey[]): Record<string, unknown> | null
}
