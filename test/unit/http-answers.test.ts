import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MfaError } from '../../src/domain/errors.ts'
import type { CodeId } from '../../src/domain/ids.ts'
import type { UseCases } from '../../src/usecases/index.ts'
import { bearer, httpApp, ISSUER } from '../support/http-app.ts'

type CodeView = Awaited<ReturnType<UseCases['readChallenge']>>

const challenge: CodeView = {
  id: 'chl_8cJfWq2LhR5sYtN1vUx0Pw' as CodeId,
  status: 'pending',
  method: 'sms',
  destination: '******67',
  codeLength: 6,
  expiresAt: new Date('2026-03-01T09:35:00Z'),
  resendAt: null,
  attemptsLeft: 5,
  sendsLeft: 4,
  delivery: { status: 'sent' },
}

const challengesUrl = '/v1/contacts/c-1/challenges'
const verifyUrl = `${challengesUrl}/${challenge.id}/verify`

describe('answers', () => {
  let created: boolean
  let decision: Awaited<ReturnType<UseCases['decideLogin']>>
  let given: unknown
  let http: Awaited<ReturnType<typeof httpApp>>
  beforeAll(async () => {
    http = await httpApp({
      startChallenge: async () => ({ created, challenge: { ...challenge, code: '042917' } as CodeView, quota: null }),
      readChallenge: async () => challenge,
      decideLogin: async () => decision,
      removeFactor: async () => {},
      readSettings: async () => settings,
      changeSettings: async (_call, input) => {
        given = input
        return settings
      },
      listEvents: async (_call, filter) => {
        given = filter
        return { items: [], nextCursor: null }
      },
      jwks: () => ({
        keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'k', alg: 'ES256', use: 'sig', d: 'private' }],
      }),
    })
  })
  afterAll(() => http.app.close())

  const post = (url: string, payload: object, headers = {}) =>
    http.app.inject({ method: 'POST', url, headers: { ...bearer(), ...headers }, payload })

  it('are 201 for what was started and 200 for what was there', async () => {
    created = true
    expect((await post(challengesUrl, { loginId: 'l' })).statusCode).toBe(201)
    created = false
    expect((await post(challengesUrl, { loginId: 'l' })).statusCode).toBe(200)
  })

  it('BIND-3: hold declared members only, and instants as RFC 3339 in UTC (L-20)', async () => {
    const answer = await post(challengesUrl, { loginId: 'l' })
    expect(answer.json()).toEqual({ ...challenge, expiresAt: '2026-03-01T09:35:00.000Z' })
  })

  it('PII-1: are not to be stored, and each names its request by an id of ours', async () => {
    const url = `${challengesUrl}/${challenge.id}`
    const read = () => http.app.inject({ url, headers: { ...bearer(), 'x-request-id': 'mine', 'request-id': 'mine' } })
    const [first, second] = [await read(), await read()]
    expect(first.headers['cache-control']).toBe('no-store')
    expect(first.headers['x-request-id']).toMatch(/^[\w-]{22}$/)
    expect(first.headers['x-request-id']).not.toBe(second.headers['x-request-id'])
  })

  it('publish public members of keys only, for five minutes', async () => {
    const answer = await http.app.inject({ url: '/.well-known/jwks.json' })
    expect(answer.headers['cache-control']).toBe('public, max-age=300')
    expect(answer.json()).toEqual({
      keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'k', alg: 'ES256', use: 'sig' }],
    })
  })

  it('carry a decision as it is, and a failed send as the problem document it would have been', async () => {
    const login = () => post('/v1/contacts/c-1/logins', { organizationId: 'o', loginId: 'l' })
    decision = { epoch: 3, decision: 'deny', reason: 'factor_locked', retryAfterSeconds: 9 }
    expect((await login()).json()).toEqual(decision)
    decision = { epoch: 3, decision: 'allow', reason: 'skipped' }
    expect((await login()).json()).toEqual(decision)
    decision = { epoch: 3, decision: 'challenge', factors: [], challenge }
    expect((await login()).json().challenge.expiresAt).toBe('2026-03-01T09:35:00.000Z')
    const sendError = new MfaError('too_many_messages', { limit: 'contact', retryAfterSeconds: 60 })
    decision = { epoch: 3, decision: 'challenge', factors: [], challenge: null, sendError }
    const failed = await login()
    expect(failed.statusCode).toBe(200)
    expect(failed.json()).toEqual({
      epoch: 3,
      decision: 'challenge',
      factors: [],
      challenge: null,
      sendError: {
        type: `${ISSUER}/docs/errors#too_many_messages`,
        title: 'Too many messages',
        status: 429,
        code: 'too_many_messages',
        requestId: failed.headers['x-request-id'],
        limit: 'contact',
        retryAfterSeconds: 60,
      },
    })
  })

  it('are empty for what was removed', async () => {
    const url = '/v1/contacts/c-1/factors/fct_Zk4nB7eQxS9uGm3pHy6DrA'
    const answer = await http.app.inject({ method: 'DELETE', url, headers: bearer(), payload: { assertion: 'a.b.c' } })
    expect([answer.statusCode, answer.body]).toEqual([204, ''])
  })

  it('of settings carry an ETag, take If-Match and both JSON types', async () => {
    const read = await http.app.inject({ url: '/v1/settings', headers: bearer() })
    expect(read.headers.etag).toBe('"7"')
    expect(read.json()).toEqual({ ...settings, updatedAt: settings.updatedAt.toISOString() })
    for (const type of ['application/json', 'application/merge-patch+json']) {
      const headers = { ...bearer(), 'content-type': type, 'if-match': '"7"' }
      const payload = JSON.stringify({ optOut: { allowed: true }, version: 7 })
      const changed = await http.app.inject({ method: 'PATCH', url: '/v1/settings', headers, payload })
      expect(changed.statusCode).toBe(200)
      expect(given).toEqual({ patch: { optOut: { allowed: true }, version: 7 }, ifMatch: '"7"' })
    }
    const elsewhere = await post(challengesUrl, { loginId: 'l' }, { 'content-type': 'application/merge-patch+json' })
    expect(elsewhere.statusCode).toBe(415)
  })

  it('TEN-4: of settings refuse members that are none', async () => {
    for (const payload of [{ role: 'x' }, { portalId: 'other' }, { optOut: { forever: true } }, { enabled: null }]) {
      const answer = await http.app.inject({ method: 'PATCH', url: '/v1/settings', headers: bearer(), payload })
      expect(answer.statusCode).toBe(400)
    }
  })

  it('of events take an instant with any offset', async () => {
    await http.app.inject({ url: '/v1/events?from=2026-03-01T10:30:00%2B01:00&type=contact.reset', headers: bearer() })
    expect(given).toEqual({ from: new Date('2026-03-01T09:30:00Z'), type: 'contact.reset', limit: 50 })
  })
})

describe('Idempotency-Key', () => {
  let asked: unknown[]
  let outcome: () => Promise<{ status: 'verified'; assertion: string }>
  let stored: { status: number; body: unknown } | null
  let http: Awaited<ReturnType<typeof httpApp>>
  beforeAll(async () => {
    http = await httpApp({
      verifyChallenge: call => {
        asked.push({ attemptId: call.attemptId })
        return outcome()
      },
      readChallenge: async () => challenge,
      answerOnce: async (call, request, run) => {
        asked.push(request)
        stored ??= JSON.parse(JSON.stringify(await run({ ...call, attemptId: 'att' }))) as typeof stored
        return stored as NonNullable<typeof stored>
      },
    })
  })
  beforeEach(() => {
    asked = []
    stored = null
    outcome = async () => ({ status: 'verified', assertion: 'a.b.c' })
  })
  afterAll(() => http.app.close())

  const verify = (key?: string) =>
    http.app.inject({
      method: 'POST',
      url: verifyUrl,
      headers: { ...bearer(), ...(key === undefined ? {} : { 'idempotency-key': key }) },
      payload: { code: '042917', loginId: 'l' },
    })

  it('is optional', async () => {
    expect((await verify()).json()).toEqual({ status: 'verified', assertion: 'a.b.c' })
    expect(asked).toEqual([{ attemptId: undefined }])
  })

  it('binds the call to key, path and body, and gives the first answer again', async () => {
    const [first, second] = [await verify('click-1'), await verify('click-1')]
    const request = { key: 'click-1', path: verifyUrl, body: { code: '042917', loginId: 'l' } }
    expect(asked).toEqual([request, { attemptId: 'att' }, request])
    expect([second.statusCode, second.body]).toEqual([first.statusCode, first.body])
  })

  it('gives a refusal again as the problem document that it was', async () => {
    outcome = async () => {
      throw new MfaError('factor_locked', { retryAfterSeconds: 60 })
    }
    const [first, second] = [await verify('click-2'), await verify('click-2')]
    expect(first.statusCode).toBe(423)
    expect([second.statusCode, second.body]).toEqual([423, first.body])
    expect(second.headers).toMatchObject({ 'retry-after': '60', 'content-type': first.headers['content-type'] })
  })

  it('names the same path however it is spelled', async () => {
    await http.app.inject({
      method: 'POST',
      url: verifyUrl.replace('c-1', '%63-1'),
      headers: { ...bearer(), 'idempotency-key': 'k' },
      payload: { code: '042917', loginId: 'l' },
    })
    expect(asked[0]).toMatchObject({ path: verifyUrl })
  })

  it('is 1 to 128 visible ASCII characters', async () => {
    for (const key of ['', 'a b', 'x'.repeat(129), 'é'])
      expect([key, (await verify(key)).statusCode]).toEqual([key, 400])
    expect(asked).toEqual([])
    expect((await verify('!'.repeat(128))).statusCode).toBe(200)
  })

  it('is ignored elsewhere', async () => {
    const headers = { ...bearer(), 'idempotency-key': 'a b' }
    expect((await http.app.inject({ url: `${challengesUrl}/${challenge.id}`, headers })).statusCode).toBe(200)
  })
})

const settings: Awaited<ReturnType<UseCases['readSettings']>> = {
  enabled: true,
  methods: ['sms', 'email'],
  optOut: { allowed: false, rememberDays: null, skipsMax: null, endsAt: null },
  displayName: 'Acme',
  locale: 'en',
  autofillDomain: null,
  code: { length: 6, smsLifetimeSeconds: 300, emailLifetimeSeconds: 600 },
  sms: { allowedCountries: ['US'] },
  epoch: 3,
  version: 7,
  updatedAt: new Date('2026-03-01T09:00:00Z'),
  updatedBy: 'admin-1',
}
