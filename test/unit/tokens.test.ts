/** Our JWTs: what they say, and that nothing else is read as an assertion. */
import { createHmac, createPrivateKey, randomBytes, sign } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { deriveKey } from '../../src/adapters/node/sealed-box.ts'
import { openSigningKeys, type SigningKeys } from '../../src/adapters/node/signing-keys.ts'
import { accessTokenKeys, makeTokens } from '../../src/adapters/node/tokens.ts'
import type { AccessClaims, AssertionClaims } from '../../src/domain/tokens.ts'
import type { Tokens } from '../../src/ports/tokens.ts'
import { makeMemoryKeyRing } from '../support/memory-key-ring.ts'

const ISSUER = 'https://mfa.test'
const masterKeys = [
  { kid: 'k2', key: randomBytes(32) },
  { kid: 'k1', key: randomBytes(32) },
]
let now = new Date('2026-05-01T12:00:00.700Z')
const seconds = Math.floor(now.getTime() / 1000)
const ring = makeMemoryKeyRing(() => now)

let signingKeys: SigningKeys
let tokens: Tokens
beforeEach(async () => {
  signingKeys = await openSigningKeys(masterKeys, ring)
  tokens = makeTokens(ISSUER, masterKeys, signingKeys, { now: () => now })
})

const claims = {
  aud: 'acme',
  sub: 'contact',
  organization_id: 'org',
  amr: ['otp', 'sms', 'mfa'],
  mfa_method: 'sms',
  purpose: 'change_factor',
  login_id: 'login',
  epoch: 4,
  auth_time: seconds,
  ticket: 'ticket',
} as unknown as AssertionClaims
const access = { sub: 'cli', client_id: 'cli', role: 'portal', portal_id: 'acme', gen: 1 } as AccessClaims

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const parts = (jwt: string) =>
  jwt
    .split('.')
    .slice(0, 2)
    .map(part => JSON.parse(Buffer.from(part, 'base64url').toString()))

const good = {
  ...claims,
  iss: ISSUER,
  iat: seconds,
  exp: seconds + 60,
  jti: 'jti',
}
const goodHeader = { alg: 'ES256', typ: 'mfa+jwt', kid: 'assertion-1' }

/** Signed with our own key, and so as only we could; what it says is up to the test. */
function signed(payload: object = good, header: object = goodHeader): string {
  const text = `${encode(header)}.${encode(payload)}`
  const key = createPrivateKey(signingKeys.current().privatePem)
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

const without = (name: string, from: object = good) =>
  Object.fromEntries(Object.entries(from).filter(([key]) => key !== name))

async function at<T>(ms: number, check: () => T): Promise<T> {
  const before = now
  now = new Date(before.getTime() + ms)
  try {
    return await check()
  } finally {
    now = before
  }
}

describe('an access token', () => {
  it('is HS256 under the first master key, for ourselves, and says what was asked for 900 s', () => {
    const [header, payload] = parts(tokens.signAccess(access))
    expect(header).toEqual({ alg: 'HS256', typ: 'at+jwt', kid: 'k2' })
    const jti = expect.stringMatching(/^[A-Za-z0-9_-]{22}$/)
    expect(payload).toEqual({ ...access, iss: ISSUER, aud: ISSUER, iat: seconds, exp: seconds + 900, jti })
  })

  it('is verified with a key derived from each master key, the first first', () => {
    const keys = accessTokenKeys(masterKeys)
    expect(keys).toEqual(masterKeys.map(master => ({ kid: master.kid, key: deriveKey(master, 'access-token') })))
    expect(keys.map(({ kid }) => kid)).toEqual(['k2', 'k1'])
    const [text, signature] = tokens.signAccess(access).split(/\.(?=[^.]*$)/)
    const byHand = (key?: Buffer) =>
      createHmac('sha256', key ?? '')
        .update(text ?? '')
        .digest('base64url')
    expect(keys.map(({ key }) => byHand(key) === signature)).toEqual([true, false])
    expect(masterKeys.map(({ key }) => byHand(key) === signature)).toEqual([false, false])
  })

  it('has an id of its own each time', () => {
    const ids = [1, 2].map(() => parts(tokens.signAccess(access))[1].jti)
    expect(new Set(ids).size).toBe(2)
  })

  it('needs a master key', () => {
    expect(() => makeTokens(ISSUER, [], signingKeys, { now: () => now })).toThrow('no master key')
  })
})

describe('an assertion', () => {
  it('is ES256 with a published key, and says what was proved', () => {
    const jwt = tokens.signAssertion(claims, 60)
    const [header, payload] = parts(jwt)
    expect(header).toEqual(goodHeader)
    expect(payload).toEqual({ ...claims, iss: ISSUER, iat: seconds, exp: seconds + 60, jti: expect.any(String) })
    expect(tokens.readAssertion(jwt, 'acme')).toEqual(claims)
    expect(tokens.jwks().keys.map(({ kid }) => kid)).toContain(header.kid)
    expect(tokens.jwks().keys).toEqual(signingKeys.published().map(({ publicJwk }) => publicJwk))
  })

  it('signed by hand as ours is read, which is what the refusals below differ from', () => {
    expect(tokens.readAssertion(signed(), 'acme')).toEqual(claims)
  })

  // TEN-1: a proof of one portal, handed in at another.
  it('is read by the portal that it was made for only', () => {
    for (const portalId of ['other', 'acm', 'acme2', '', ISSUER])
      expect(tokens.readAssertion(signed(), portalId), portalId).toBeNull()
  })

  it('is good until 30 s after its end, for clocks that differ, and no longer', async () => {
    const jwt = tokens.signAssertion(claims, 60)
    const read = (ms: number) => at(ms - 700, () => tokens.readAssertion(jwt, 'acme') !== null)
    expect([await read(0), await read(89_999), await read(90_001)]).toEqual([true, true, false])
  })

  // JWT-1, JWT-2: the header and the absent claim are the attacker's to choose.
  it.each<[string, () => string]>([
    ['another type', () => signed(good, { ...goodHeader, typ: 'at+jwt' })],
    ['no type', () => signed(good, without('typ', goodHeader))],
    ['an unknown key id', () => signed(good, { ...goodHeader, kid: 'assertion-2' })],
    ['no key id', () => signed(good, without('kid', goodHeader))],
    ['critical members', () => signed(good, { ...goodHeader, crit: ['exp'] })],
    ['critical members that are none', () => signed(good, { ...goodHeader, crit: null })],
    ['another issuer', () => signed({ ...good, iss: 'https://else.where' })],
    ['no signature', () => signed().replace(/[^.]*$/, '')],
    ['another signature', () => signed().replace(/.{5}$/, 'AAAAA')],
    ['a changed claim', () => signed().replace(/\.[^.]*\./, `.${encode({ ...good, sub: 'other' })}.`)],
    ['a time to come', () => signed({ ...good, nbf: seconds + 100 })],
    ['no text', () => ''],
    ['no JWT', () => 'a.b.c'],
    ['a purpose that is none', () => signed({ ...good, purpose: 'reset' })],
    ['an access token', () => tokens.signAccess(access)],
    ...['iss', 'aud', 'sub', 'iat', 'exp', 'jti', 'login_id', 'epoch', 'purpose'].map(
      (claim): [string, () => string] => [`no ${claim}`, () => signed(without(claim))],
    ),
  ])('is not read with %s', (_, jwt) => {
    expect(tokens.readAssertion(jwt(), 'acme')).toBeNull()
  })

  // A public key is public: used as an HMAC secret it would sign anything.
  it('is not read when it is signed with the public key, or with none', () => {
    for (const alg of ['HS256', 'none']) {
      const text = `${encode({ ...goodHeader, alg })}.${encode(good)}`
      const signature = createHmac('sha256', signingKeys.current().publicPem).update(text).digest('base64url')
      for (const end of [signature, '']) expect(tokens.readAssertion(`${text}.${end}`, 'acme')).toBeNull()
    }
  })
})

describe('what remains of a token', () => {
  it('is told in ms of the process clock, and never less than none', async () => {
    const jwt = tokens.signAssertion(claims, 60)
    const remaining = (ms: number) => at(ms - 700, () => tokens.remainingMs(jwt))
    expect([await remaining(0), await remaining(59_999), await remaining(60_000), await remaining(60_001)]).toEqual([
      60_000, 1, 0, 0,
    ])
  })

  it('is nothing where there is no token or no end', () => {
    for (const jwt of ['', 'a.b.c', signed(without('exp')), signed({ ...good, exp: 'soon' })])
      expect(tokens.remainingMs(jwt)).toBe(0)
  })
})
