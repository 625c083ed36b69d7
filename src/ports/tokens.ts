import type { AccessClaims, AssertionClaims } from '../domain/tokens.ts'

/** Makes and reads our JWTs. */
export interface Tokens {
  /** HS256, `typ: at+jwt`. Adds iss, aud, iat, exp and jti. */
  signAccess(claims: AccessClaims): string
  /** ES256, `typ: mfa+jwt`. Adds iss, iat, exp (from `lifetimeSeconds`) and jti. */
  signAssertion(claims: AssertionClaims, lifetimeSeconds: number): string
  /** The claims of an assertion of ours that is still good for this portal; null otherwise. */
  readAssertion(jwt: string, portalId: string): AssertionClaims | null
  /** Milliseconds until an assertion of ours expires; 0 when it has, or is none. */
  remainingMs(jwt: string): number
  /** Public keys: the signing one, the next one, and those whose assertions may be alive. */
  jwks(): { keys: Record<string, unknown>[] }
}
