/** Verifies tokens of API clients: the key comes from what is registered, the algorithm from the key, nothing from an address. */
import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto'
import { createDecoder, createVerifier } from 'fast-jwt'
import { algorithmOf, type ClientKey } from '../../domain/client-key.ts'
import { ACCESS_TYPE } from '../../domain/tokens.ts'
import type { ClientTokens } from '../../ports/client-tokens.ts'

type Claims = Record<string, unknown>

/** Longer ones are refused unread. */
const TOKEN_LENGTH_MAX = 4096
/** Verified tokens that are remembered: an ES256 or EdDSA signature costs more than all the rest of a request. */
const REMEMBERED_MAX = 10_000

const REQUIRED_CLAIMS = ['iss', 'aud', 'sub', 'iat', 'exp', 'jti']

/** `audience`: our issuer. */
export function makeClientTokens(audience: string, rememberedMax = REMEMBERED_MAX): ClientTokens {
  const decode = createDecoder({ complete: true })
  const verifiers = new WeakMap<ClientKey, (token: string) => Claims>()
  /** By SHA-256 of the token. Good only for the very set of keys that it was verified with. */
  const remembered = new Map<string, { keys: readonly ClientKey[]; claims: Claims }>()

  function verifierOf(key: ClientKey): (token: string) => Claims {
    const made = verifiers.get(key) ?? makeVerifier(key, audience)
    verifiers.set(key, made)
    return made
  }

  function verify(token: string, keys: readonly ClientKey[]): Claims | null {
    const { header } = decode(token) as { header: { kid?: unknown } }
    const key = keys.find(({ kid }) => kid === header.kid)
    // JWT-4: fast-jwt skips a `crit` that is falsy.
    return key && !('crit' in header) ? verifierOf(key)(token) : null
  }

  function remember(digest: string, keys: readonly ClientKey[], claims: Claims): Claims {
    const [oldest] = remembered.keys()
    if (remembered.size >= rememberedMax && oldest !== undefined) remembered.delete(oldest)
    remembered.set(digest, { keys, claims })
    return claims
  }

  return {
    issuerOf(token) {
      if (token.length > TOKEN_LENGTH_MAX) return null
      const { iss } = attempt(() => (decode(token) as { payload: { iss?: unknown } }).payload) ?? {}
      return typeof iss === 'string' ? iss : null
    },
    verified(token, keys) {
      const digest = createHash('sha256').update(token).digest('base64url')
      const found = remembered.get(digest)
      if (found?.keys === keys) return found.claims
      const claims = attempt(() => verify(token, keys))
      return claims && remember(digest, keys, claims)
    },
  }
}

const makeVerifier = (key: ClientKey, audience: string): ((token: string) => Claims) =>
  createVerifier({
    key: createPublicKey({ key: key as JsonWebKey, format: 'jwk' }).export({ type: 'spki', format: 'pem' }),
    algorithms: [algorithmOf(key)],
    allowedAud: audience,
    requiredClaims: REQUIRED_CLAIMS,
    checkTyp: ACCESS_TYPE,
    // A remembered token's dates must be judged again each time; it is done in one place.
    ignoreExpiration: true,
    ignoreNotBefore: true,
  })

function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
