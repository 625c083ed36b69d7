import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { algorithmOf, type ClientKey, thumbprint } from '../../src/domain/client-key.ts'
import { firstJwks, replaceKeysBody } from '../../src/http/schemas/client-keys.ts'
import { algorithms, newKey } from '../support/client-token.ts'

const good = { EdDSA: newKey('EdDSA').jwk, ES256: newKey('ES256').jwk, RS256: newKey('RS256').jwk }
const rsaOf = (modulusLength: number, publicExponent = 65_537) => ({
  ...generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' }),
  kid: 'r',
})

/** What is wrong with one key, as `pointer: rule`. */
function faults(key: unknown): string[] {
  const parsed = replaceKeysBody.safeParse({ keys: [key] })
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.slice(2).join('/')}: ${message}`)
}
const refused = (key: unknown, because: RegExp): void => expect(faults(key).join('\n')).toMatch(because)

describe("an API client's public key", () => {
  it.each(algorithms)('for %s is taken as node:crypto exports it, with alg and use where they fit', alg => {
    expect(faults(good[alg])).toEqual([])
    expect(faults({ ...good[alg], alg, use: 'sig' })).toEqual([])
    expect(algorithmOf(good[alg] as ClientKey)).toBe(alg)
    for (const other of [...algorithms.filter(one => one !== alg), 'HS256', 'none', 'RS512', ''])
      refused({ ...good[alg], alg: other }, /^alg: /)
    for (const use of ['enc', '', null]) refused({ ...good[alg], use }, /^use: /)
  })

  it.each(algorithms)('for %s is refused with a private member, and the answer does not repeat it', alg => {
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) {
      const found = faults({ ...good[alg], [member]: 'c2VjcmV0' }).join('\n')
      expect(found, member).not.toBe('')
      expect(found).not.toContain('c2VjcmV0')
    }
    refused({ ...good[alg], d: 'c2VjcmV0' }, /^d: is private/)
  })

  it.each(algorithms)('for %s is refused with a certificate, an address or any other member', alg => {
    for (const member of ['x5u', 'x5c', 'x5t', 'jku', 'key_ops', 'ext', 'iss']) {
      expect(faults({ ...good[alg], [member]: 'x' })).toHaveLength(1)
    }
  })

  it('has a kid of 1 to 64 characters of the alphabet of ids', () => {
    for (const kid of ['a', '__proto__', '-_.~:', 'x'.repeat(64)]) expect(faults({ ...good.ES256, kid })).toEqual([])
    for (const kid of ['', 'x'.repeat(65), 'a/b', '../../dev/null', 'a b', 'ä', "' OR 1=1", 'a\n', 7, null, undefined])
      refused({ ...good.ES256, kid }, /^kid: /)
  })

  it('is of one of three kinds: no secret, no other curve', () => {
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' })
    const x25519 = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })
    refused({ ...p384, kid: 'k' }, /crv: /)
    refused({ ...x25519, kid: 'k' }, /crv: /)
    for (const kty of ['oct', 'ec', '', null, undefined, ['EC']])
      refused({ ...good.ES256, kty }, /Ed25519, P-256 or RSA/)
    refused({ ...good.ES256, kty: 'OKP', crv: 'Ed25519' }, /^: |y/)
    for (const nothing of [null, 'x', 7, []]) expect(faults(nothing)).not.toEqual([])
  })

  it('is a point on its curve, written as only one text writes it', () => {
    const { x, y } = good.ES256 as { x: string; y: string }
    refused({ ...good.ES256, y: x }, /is no such public key/)
    refused({ ...good.ES256, x: 'A'.repeat(43), y: 'A'.repeat(43) }, /is no such public key/)
    for (const bad of ['', `${x}A`, x.slice(1), `${x}=`, `${x.slice(0, 42)}B`, 7, undefined])
      refused({ ...good.ES256, x: bad, y }, /^x: /)
  })

  it('is an RSA key of 2048 to 4096 bits with the exponent 65537', () => {
    for (const bits of [2048, 3072, 4096]) expect(faults(rsaOf(bits))).toEqual([])
    for (const bits of [1024, 2040, 4104]) refused(rsaOf(bits), /^n: /)
    refused(rsaOf(2048, 3), /^e: /)
    const { n } = good.RS256 as { n: string }
    const even = Buffer.from(n, 'base64url')
    even[255] = (even[255] ?? 0) & 0xfe
    refused({ ...good.RS256, n: even.toString('base64url') }, /^n: /)
    const padded = Buffer.concat([Buffer.alloc(1), Buffer.from(n, 'base64url')]).toString('base64url')
    for (const bad of [padded, `${n}==`, '', undefined]) refused({ ...good.RS256, n: bad }, /^n: /)
    for (const e of ['AQ', '', 'AAEAAQ', undefined]) refused({ ...good.RS256, e }, /^e: /)
  })

  it('is named by its thumbprint (RFC 7638 §3.1), whatever its kid', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw'
    const key = { kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' } as ClientKey
    expect(thumbprint(key)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
    expect(thumbprint({ ...key, kid: 'else' })).toBe(thumbprint(key))
    expect(new Set(algorithms.map(alg => thumbprint(good[alg] as ClientKey))).size).toBe(3)
  })
})

describe('a set of public keys', () => {
  const many = (count: number) => Array.from({ length: count }, (_, at) => ({ ...good.EdDSA, kid: `k${at}` }))

  it('holds one to ten, each kid once; replaced, it may be empty', () => {
    expect(firstJwks.safeParse({ keys: many(10) }).success).toBe(true)
    expect(replaceKeysBody.safeParse({ keys: [] }).success).toBe(true)
    expect(firstJwks.safeParse({ keys: [] }).success).toBe(false)
    const twice = [
      { ...good.EdDSA, kid: 'k' },
      { ...good.ES256, kid: 'k' },
    ]
    for (const schema of [firstJwks, replaceKeysBody])
      for (const keys of [many(11), twice, good.EdDSA, undefined, 'x', null])
        expect(schema.safeParse({ keys }).success).toBe(false)
  })
})
