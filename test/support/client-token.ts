/** Keys of an API client and access tokens under them, made by hand, so that they may say what no client would. */
import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { ISSUER } from './service.ts'

export const algorithms = ['EdDSA', 'ES256', 'RS256'] as const
export type Algorithm = (typeof algorithms)[number]

export interface TestKey {
  kid: string
  alg: string
  /** As it is registered. */
  jwk: Record<string, unknown>
  /** The public key as PEM, which an attacker would try as an HMAC secret. */
  pem: string
  sign(input: string): Buffer
}

function pairOf(alg: Algorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519')
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

export function newKey(alg: Algorithm, kid = `${alg}-${randomUUID()}`): TestKey {
  const { publicKey, privateKey } = pairOf(alg)
  const hash = alg === 'EdDSA' ? null : 'sha256'
  return {
    kid,
    alg,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid },
    pem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    sign: input => sign(hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  }
}

/** Signs as an HMAC secret would. */
export const hmacKey = (kid: string, secret: Buffer | string): Pick<TestKey, 'kid' | 'alg' | 'sign'> => ({
  kid,
  alg: 'HS256',
  sign: input => createHmac('sha256', secret).update(input).digest(),
})

export type Claims = Record<string, unknown>

/** Claims that the service takes; a test bends one at a time. */
export function clientClaims(clientId: string, more: Claims = {}): Claims {
  const iat = Math.floor(Date.now() / 1000)
  const sub = more.subject ?? clientId
  return { iss: clientId, aud: ISSUER, sub, iat, exp: iat + 300, jti: randomUUID(), ...more }
}

const segment = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A compact JWS; a header member that is undefined is left out. */
export function signedToken(key: Pick<TestKey, 'kid' | 'alg' | 'sign'>, claims: Claims, header: Claims = {}): string {
  const input = `${segment({ alg: key.alg, typ: 'at+jwt', kid: key.kid, ...header })}.${segment(claims)}`
  return `${input}.${key.sign(input).toString('base64url')}`
}
