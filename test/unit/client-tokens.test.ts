/** Verifying what clients have signed: which key, which algorithm, and what is remembered of it. */
import { describe, expect, it } from 'vitest'
import { makeClientTokens } from '../../src/adapters/node/client-tokens.ts'
import type { ClientKey } from '../../src/domain/client-key.ts'
import { algorithms, clientClaims, newKey, signedToken, type TestKey } from '../support/client-token.ts'
import { ISSUER } from '../support/service.ts'

const CLIENT = 'cli_M5tVb1oE8yKq0WzJc7LsNg'
const setOf = (...keys: TestKey[]): ClientKey[] => keys.map(({ jwk }) => jwk as ClientKey)

describe.each(algorithms)('a token signed with %s', alg => {
  const key = newKey(alg)
  const claims = clientClaims(CLIENT)

  it('is verified with the key that it names, and with no other', () => {
    const { verified } = makeClientTokens(ISSUER)
    const token = signedToken(key, claims)
    expect(verified(token, setOf(newKey('RS256'), key))).toEqual(claims)
    expect(verified(token, setOf(newKey(alg)))).toBeNull()
    expect(verified(token, setOf(newKey(alg, key.kid)))).toBeNull()
    expect(verified(token, [])).toBeNull()
    expect(verified(`${token}A`, setOf(key))).toBeNull()
    expect(
      verified(signedToken(key, { ...claims, sub: 'else' }).replace(/[^.]*$/, token.split('.')[2] ?? ''), setOf(key)),
    ).toBeNull()
  })

  it('JWT-1: is refused under any algorithm but that of its key', () => {
    const { verified } = makeClientTokens(ISSUER)
    for (const other of ['none', 'HS256', 'ES256', 'EdDSA', 'RS256', 'RS512', 'PS256', 'ES384', 'Ed25519'])
      if (other !== alg) expect(verified(signedToken(key, claims, { alg: other }), setOf(key)), other).toBeNull()
  })

  it('is remembered for the very set of keys that verified it, so that it costs one signature', () => {
    const { verified } = makeClientTokens(ISSUER)
    const token = signedToken(key, claims)
    const keys = setOf(key)
    expect(verified(token, keys)).toEqual(claims)
    // Emptied, and yet the same set: only what is remembered can still say so.
    keys.pop()
    expect(verified(token, keys)).toEqual(claims)
    expect(verified(token, [])).toBeNull()
    expect(verified(token, setOf(newKey(alg)))).toBeNull()
  })
})

describe('verified tokens', () => {
  const key = newKey('EdDSA')
  const token = (at: number) => signedToken(key, clientClaims(CLIENT, { at }))

  it('are remembered up to a number; the oldest go first', () => {
    const { verified } = makeClientTokens(ISSUER, 3)
    const keys = setOf(key)
    const tokens = [1, 2, 3, 4].map(token)
    for (const one of tokens) expect(verified(one, keys)).not.toBeNull()
    keys.pop()
    expect(tokens.map(one => verified(one, keys) !== null)).toEqual([false, true, true, true])
  })

  it('are the good ones only: a refusal is not remembered, and drives nothing out', () => {
    const { verified } = makeClientTokens(ISSUER, 1)
    const keys = setOf(key)
    const good = token(1)
    expect(verified(good, keys)).not.toBeNull()
    for (let at = 0; at < 5; at++) expect(verified(signedToken(newKey('EdDSA', key.kid), { at }), keys)).toBeNull()
    keys.pop()
    expect(verified(good, keys)).not.toBeNull()
  })
})

// CRY-1: a key of zeros, left over from a broken export say, is a point of small order.
// The attack: where a library goes along with one, R = the neutral point and S = 0 sign whatever anybody likes.
describe('an Ed25519 key of small order', () => {
  it('verifies nothing', () => {
    const field = 2n ** 255n - 19n
    const order8 = BigInt('0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7')
    const written = (y: bigint) => Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse()
    const { verified } = makeClientTokens(ISSUER)
    for (const y of [0n, 1n, field - 1n, field, field + 1n, order8, field - order8]) {
      const keys = [{ kty: 'OKP', crv: 'Ed25519', x: written(y).toString('base64url'), kid: 'k' } as ClientKey]
      for (const r of [0n, 1n, field - 1n])
        for (let at = 0; at < 8; at++) {
          const forger = { kid: 'k', alg: 'EdDSA', sign: () => Buffer.concat([written(r), Buffer.alloc(32)]) }
          expect(verified(signedToken(forger, clientClaims(CLIENT, { at })), keys)).toBeNull()
        }
    }
  })
})

describe('the issuer of an unverified token', () => {
  it('is a text or nothing, whatever comes', () => {
    const { issuerOf } = makeClientTokens(ISSUER)
    const key = newKey('EdDSA')
    expect(issuerOf(signedToken(key, { iss: CLIENT }))).toBe(CLIENT)
    for (const iss of [undefined, null, 7, [CLIENT], { iss: CLIENT }])
      expect(issuerOf(signedToken(key, { iss }))).toBeNull()
    for (const text of ['', '.', '..', 'a.b', 'a.b.c', 'e30.bnVsbA.x', 'e30.W10.x', `e30.${'x'.repeat(5000)}.x`, '\0'])
      expect(issuerOf(text)).toBeNull()
    expect(issuerOf(signedToken(key, { iss: CLIENT, long: 'x'.repeat(5000) }))).toBeNull()
  })
})
