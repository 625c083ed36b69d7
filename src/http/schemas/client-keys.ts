/** Public keys of API clients, as the operator registers and sees them. */
import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { z } from 'zod'
import { type ClientKey, clientKeySchema } from '../../domain/client-key.ts'
import { CLIENT_KEYS_MAX } from '../../domain/limits.ts'

const description =
  'A public key (RFC 7517): Ed25519, P-256 or RSA of 2048 to 4096 bits, with a `kid` of its own. It verifies EdDSA, ES256 or RS256 and nothing else. Members beyond these are refused, private ones above all.'

const publicKey = clientKeySchema.refine(isOnItsCurve, 'is no such public key').meta({
  id: 'ClientKey',
  description,
  examples: [
    {
      kty: 'EC',
      crv: 'P-256',
      x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
      y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
      kid: '2026-03',
    },
  ],
})

const keys = (min: number) =>
  z
    .array(publicKey)
    .min(min)
    .max(CLIENT_KEYS_MAX)
    .refine(list => new Set(list.map(({ kid }) => kid)).size === list.length, 'each kid at most once')

export const firstJwks = z.strictObject({ keys: keys(1) }).meta({
  description: 'Public keys of access tokens that the client will sign itself.',
})

export const replaceKeysBody = z.strictObject({
  keys: keys(0).meta({ description: 'The whole set from now on; none: the client signs no more tokens itself.' }),
})

/** Public members only: a private one that came along by mistake would stay here. */
export const registeredJwks = z
  .object({
    keys: z.array(
      z.object({
        kty: z.string(),
        kid: z.string(),
        crv: z.string().optional(),
        x: z.string().optional(),
        y: z.string().optional(),
        n: z.string().optional(),
        e: z.string().optional(),
        alg: z.string().optional(),
        use: z.string().optional(),
      }),
    ),
  })
  .meta({ description: 'Public keys of access tokens that the client signs itself.' })

function isOnItsCurve(key: ClientKey): boolean {
  try {
    return createPublicKey({ key: key as JsonWebKey, format: 'jwk' }).type === 'public'
  } catch {
    return false
  }
}
