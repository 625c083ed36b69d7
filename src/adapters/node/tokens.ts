import { randomBytes } from 'node:crypto'
import { createDecoder, createSigner, createVerifier } from 'fast-jwt'
import { ACCESS_TOKEN_SECONDS, CLOCK_TOLERANCE_SECONDS, STEP_UP_SECONDS } from '../../domain/limits.ts'
import { ACCESS_TYPE, assertionClaimsSchema, soundDates } from '../../domain/tokens.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Tokens } from '../../ports/tokens.ts'
import { deriveKey, type MasterKey } from './sealed-box.ts'
import type { SigningKey, SigningKeys } from './signing-keys.ts'

const ASSERTION_TYPE = 'mfa+jwt'

/** The keys that access tokens are signed with (the first) and verified with (all). */
export const accessTokenKeys = (masterKeys: readonly MasterKey[]): { kid: string; key: Buffer }[] =>
  masterKeys.map(master => ({ kid: master.kid, key: deriveKey(master, 'access-token') }))

/**
 * The tokens that we sign: access tokens under the first master key, assertions under the signing keys. Throws a plain
 * Error without a master key.
 */
export function makeTokens(
  issuer: string,
  masterKeys: readonly MasterKey[],
  signingKeys: SigningKeys,
  clock: Clock,
): Tokens {
  const [access] = accessTokenKeys(masterKeys)
  if (!access) throw new Error('no master key')
  const signAccess = createSigner({
    // Stryker disable next-line StringLiteral: of a secret the library takes the same without being told.
    algorithm: 'HS256',
    key: access.key,
    kid: access.kid,
    header: { alg: 'HS256', typ: ACCESS_TYPE },
  })
  const decode = createDecoder({ complete: true })
  const nowSeconds = () => Math.floor(clock.now().getTime() / 1000)
  const stamped = (lifetimeSeconds: number) => {
    const iat = nowSeconds()
    return { iss: issuer, iat, exp: iat + lifetimeSeconds, jti: randomBytes(16).toString('base64url') }
  }

  return {
    signAccess: claims => signAccess({ ...claims, aud: issuer, ...stamped(ACCESS_TOKEN_SECONDS) }),
    signAssertion: (claims, lifetimeSeconds) =>
      assertionSigner(signingKeys.current())({ ...claims, ...stamped(lifetimeSeconds) }),
    readAssertion(jwt, portalId) {
      try {
        const claims = assertionClaimsSchema.parse(verified(jwt))
        // Compared here: the library takes an empty string for no restriction.
        return claims.aud === portalId ? claims : null
      } catch {
        return null
      }
    },
    remainingMs(jwt) {
      try {
        const { payload } = decode(jwt) as { payload: { exp?: unknown } }
        return Math.max(0, Number(payload.exp) * 1000 - clock.now().getTime()) || 0
      } catch {
        return 0
      }
    },
    jwks: () => ({ keys: signingKeys.published().map(key => ({ ...key.publicJwk })) }),
  }

  /** The payload, if it is an assertion of ours and alive; throws or null for everything else. */
  function verified(jwt: string): unknown {
    const { header: head } = decode(jwt) as { header: { kid?: unknown; typ?: unknown; crit?: unknown } }
    const key = signingKeys.published().find(candidate => candidate.kid === head.kid)
    if (!key || head.typ !== ASSERTION_TYPE || head.crit !== undefined) return null
    const verify = createVerifier({
      key: key.publicPem,
      // Stryker disable next-line ArrayDeclaration: keys of ours are of no other kind, so the library would take the same from them.
      algorithms: ['ES256'],
      allowedIss: issuer,
      requiredClaims: ['iss', 'aud', 'sub', 'iat', 'exp', 'jti'],
      clockTimestamp: clock.now().getTime(),
      clockTolerance: CLOCK_TOLERANCE_SECONDS * 1000,
    })
    const payload = verify(jwt) as Record<string, unknown>
    // JWT-6: fast-jwt takes `exp: 1e30`. No assertion of ours lives longer than a step-up.
    return soundDates(payload, STEP_UP_SECONDS, clock.now()) ? payload : null
  }
}

const assertionSigner = (key: SigningKey) =>
  // Stryker disable next-line StringLiteral: the library would take the same algorithm from the key; tests read the header.
  createSigner({ algorithm: 'ES256', key: key.privatePem, kid: key.kid, header: { alg: 'ES256', typ: ASSERTION_TYPE } })
