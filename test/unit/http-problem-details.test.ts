import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MfaError } from '../../src/domain/errors.ts'
import { bearer, httpApp, ISSUER } from '../support/http-app.ts'

const verifyUrl = '/v1/contacts/c-1/challenges/chl_8cJfWq2LhR5sYtN1vUx0Pw/verify'
const proof = { code: '042917', loginId: 'lgn-1' }

describe('problem documents', () => {
  let thrown: unknown
  let http: Awaited<ReturnType<typeof httpApp>>
  beforeAll(async () => {
    http = await httpApp({
      verifyChallenge: async () => {
        throw thrown
      },
    })
  })
  afterAll(() => http.app.close())

  const verify = (payload: unknown = proof, headers: Record<string, string> = {}) =>
    http.app.inject({
      method: 'POST',
      url: verifyUrl,
      headers: { ...bearer(), ...headers },
      payload: payload as object,
    })

  it('tell code, status, documentation and request', async () => {
    thrown = new MfaError('code_incorrect', { attemptsLeft: 3, sendsLeft: 4, resendAt: null })
    const answer = await verify()
    expect(answer.statusCode).toBe(422)
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(answer.json()).toEqual({
      type: `${ISSUER}/docs/errors#code_incorrect`,
      title: 'The code is not correct',
      status: 422,
      code: 'code_incorrect',
      requestId: answer.headers['x-request-id'],
      attemptsLeft: 3,
      sendsLeft: 4,
      resendAt: null,
    })
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('say how long to wait in a header too', async () => {
    thrown = new MfaError('factor_locked', { retryAfterSeconds: 1712 })
    const answer = await verify()
    expect(answer.statusCode).toBe(423)
    expect(answer.headers['retry-after']).toBe('1712')
  })

  it('always say how long to wait when the service is unavailable', async () => {
    thrown = new MfaError('unavailable')
    const answer = await verify()
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '2'])
  })

  it('LOG-1: hide an unexpected failure from the caller and its text from the log (L-03, L-30)', async () => {
    thrown = Object.assign(new Error("Failed query: insert into contacts values ('+12025550167')"), { code: '23505' })
    const answer = await verify()
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toMatchObject({ code: 'unavailable', retryAfterSeconds: 2 })
    expect(answer.body).not.toContain('query')
    expect(http.log.text()).toContain('23505')
    expect(http.log.text()).not.toContain('12025550167')
    expect(http.log.text()).not.toContain('Failed query')
  })

  it('answer an unknown path, and a method that a path does not have', async () => {
    for (const [method, url] of [
      ['GET', '/v2/nothing?code=042917'],
      ['PUT', '/v1/settings'],
      ['GET', '/inbox'],
    ] as const) {
      const answer = await http.app.inject({ method, url })
      expect(answer.statusCode).toBe(404)
      expect(answer.json()).toMatchObject({ code: 'not_found', requestId: answer.headers['x-request-id'] })
      expect(answer.body).not.toContain('042917')
    }
  })

  it('answer an unknown path before they read what was sent there', async () => {
    for (const [type, payload] of [
      ['application/json', '{'],
      ['text/plain', 'x'],
      ['application/json', `"${'x'.repeat(17_000)}"`],
    ] as const) {
      const headers = { 'content-type': type }
      const answer = await http.app.inject({ method: 'POST', url: '/v1/nothing', headers, payload })
      expect([answer.statusCode, answer.json().code]).toEqual([404, 'not_found'])
      expect(answer.headers['x-content-type-options']).toBe('nosniff')
    }
  })

  it('answer an address that cannot be decoded', async () => {
    const answer = await http.app.inject({ method: 'GET', url: '/v1/contacts/%zz', headers: bearer() })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ code: 'invalid_request', requestId: answer.headers['x-request-id'] })
  })

  it('answer a body over 16 KiB', async () => {
    const answer = await verify({ ...proof, code: '1'.repeat(17_000) })
    expect(answer.statusCode).toBe(413)
    expect(answer.json()).toMatchObject({ code: 'body_too_large' })
  })

  it('INPUT-1: answer every content type but JSON with 415, whatever it is dressed up as', async () => {
    thrown = new Error('reached the use case')
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/jsonx',
      'text/json',
      'multipart/form-data; boundary=x',
      'application',
      '/',
    ]) {
      const answer = await verify(JSON.stringify(proof), { 'content-type': type })
      expect([type, answer.statusCode]).toEqual([type, 415])
      expect(answer.json()).toMatchObject({ code: 'unsupported_media_type' })
    }
  })

  it('INPUT-1: never let a dressed-up JSON content type pass by validation', async () => {
    thrown = new Error('reached the use case')
    for (const type of [
      'application/json\t; a=b',
      ' application/json',
      'application/json;',
      'APPLICATION/JSON',
      'application/json; charset=utf-16',
    ]) {
      const answer = await verify(JSON.stringify({ code: 1 }), { 'content-type': type })
      expect([400, 415]).toContain(answer.statusCode)
    }
  })
})
