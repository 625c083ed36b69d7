/** Public keys with which an API client signs its own access tokens (RFC 7517): what may be registered, and no member more. */
import { createHash } from 'node:crypto'
import { z } from 'zod'

const common = {
  kid: z.string().regex(/^[A-Za-z0-9._~:-]{1,64}$/, '1 to 64 characters of A-Z a-z 0-9 . _ ~ : -'),
  use: z.literal('sig').optional(),
  /** Every private key has it; the other private members go the way of everything unknown. */
  d: z.never('is private: register the public key only, and use this key no more').optional(),
}

/** 32 bytes in base64url, as only one text spells them. */
const bytes32 = z.string().regex(/^[\w-]{42}[AEIMQUYcgkosw048]$/, '32 bytes in base64url')

const edwardsKey = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: bytes32,
  alg: z.literal('EdDSA').optional(),
  ...common,
})

const ellipticKey = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: bytes32,
  y: bytes32,
  alg: z.literal('ES256').optional(),
  ...common,
})

const rsaKey = z.strictObject({
  kty: z.literal('RSA'),
  n: z
    .string()
    .regex(/^[\w-]{342,683}$/, 'base64url')
    .refine(isModulus, 'an odd number of 2048 to 4096 bits'),
  e: z.literal('AQAB', { error: 'AQAB (65537)' }),
  alg: z.literal('RS256').optional(),
  ...common,
})

export const clientKeySchema = z.discriminatedUnion('kty', [edwardsKey, ellipticKey, rsaKey], {
  error: 'an Ed25519, P-256 or RSA key: kty is OKP, EC or RSA',
})
type Public<Key> = Key extends unknown ? Omit<Key, 'd'> : never
export type ClientKey = Public<z.infer<typeof clientKeySchema>>

export interface ClientJwks {
  keys: ClientKey[]
}

/** The one algorithm of a key; a token's header never chooses. */
export const algorithmOf = ({ kty }: ClientKey): 'EdDSA' | 'ES256' | 'RS256' =>
  (({ OKP: 'EdDSA', EC: 'ES256', RSA: 'RS256' }) as const)[kty]

/** RFC 7638: names the key itself, whatever its `kid`. */
export function thumbprint(key: ClientKey): string {
  const members = ['crv', 'e', 'kty', 'n', 'x', 'y'].map(name => [name, (key as Record<string, unknown>)[name]])
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url')
}

function isModulus(n: string): boolean {
  const bytes = Buffer.from(n, 'base64url')
  const bits = bytes.length * 8 - (Math.clz32(bytes[0] ?? 0) - 24)
  return bytes[0] !== 0 && bits >= 2048 && bits <= 4096 && (bytes.at(-1) ?? 0) % 2 === 1
}
