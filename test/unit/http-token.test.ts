import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MfaError, TokenError } from '../../src/domain/errors.ts'

import { httpApp } from '../support/http-app.ts'

const form = 'application/x-www-form-urlencoded'
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })

describe('the token endpoint', () => {
  let asked: unknown
  let outcome: () => Promise<{ accessToken: string; expiresIn: number }>
  let http: Awaited<ReturnType<typeof httpApp>>
  beforeAll(async () => {
    http = await httpApp({
      issueToken: input => {
        asked = input
        return outcome()
      },
    })
  })
  beforeEach(() => {
    asked = null
    outcome = async () => ({ accessToken: 'a.b.c', expiresIn: 900 })
  })
  afterAll(() => http.app.close())

  const post = (payload: string, headers: Record<string, string> = {}) =>
    http.app.inject({ method: 'POST', url: '/oauth/token', headers: { 'content-type': form, ...headers }, payload })

  it('takes credentials by HTTP Basic or form fields', async () => {
    const answer = await post('grant_type=client_credentials&role=master_admin&subject=a-1', basic('cli_1:s3cret'))
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({ access_token: 'a.b.c', token_type: 'Bearer', expires_in: 900 })
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(asked).toEqual({
      clientId: 'cli_1',
      clientSecret: 's3cret',
      grantType: 'client_credentials',
      role: 'master_admin',
      subject: 'a-1',
    })
    await post('grant_type=client_credentials&client_id=operator&client_secret=a%2Bb%26c&organization_id=o')
    expect(asked).toMatchObject({ clientId: 'operator', clientSecret: 'a+b&c', organizationId: 'o' })
  })

  it('reads Basic credentials both as RFC 6749 encodes them and as most clients send them', async () => {
    for (const sent of ['operator:a+b/c=:d', 'operator:a%2Bb%2Fc%3D%3Ad']) {
      await post('grant_type=client_credentials', basic(sent))
      expect(asked).toMatchObject({ clientId: 'operator', clientSecret: 'a+b/c=:d' })
    }
    await post('grant_type=client_credentials', basic('operator:100%'))
    expect(asked).toMatchObject({ clientSecret: '100%' })
  })

  it('ignores unknown parameters and those without a value (RFC 6749 §3.2)', async () => {
    expect((await post('grant_type=client_credentials&scope=x&role=&subject=', basic('c:s'))).statusCode).toBe(200)
    expect(asked).toEqual({ clientId: 'c', clientSecret: 's', grantType: 'client_credentials' })
  })

  it('refuses what RFC 6749 calls an invalid request', async () => {
    for (const [payload, headers] of [
      ['', basic('c:s')],
      ['grant_type=', basic('c:s')],
      ['grant_type=client_credentials&role=portal&role=operator', basic('c:s')],
      ['grant_type=client_credentials&x=1&x=2', basic('c:s')],
      ['grant_type=client_credentials&client_secret=s', basic('c:s')],
      ['grant_type=client_credentials&client_id=other', basic('c:s')],
      [`grant_type=client_credentials&role=${'x'.repeat(600)}`, basic('c:s')],
    ] as const) {
      const answer = await post(payload, headers)
      expect([payload, answer.statusCode]).toEqual([payload, 400])
      expect(answer.json()).toEqual({ error: 'invalid_request', error_description: expect.any(String) })
      expect(answer.headers['content-type']).toMatch(/^application\/json/)
      expect(answer.headers['cache-control']).toBe('no-store')
    }
    expect(asked).toBeNull()
  })

  it('answers failed authentication with 401, and with a challenge where Basic was used', async () => {
    const none = await post('grant_type=client_credentials')
    expect([none.statusCode, none.json().error, none.headers['www-authenticate']]).toEqual([
      401,
      'invalid_client',
      undefined,
    ])
    for (const authorization of [
      'Basic',
      'Basic !!',
      'Basic YWJj',
      'Bearer a.b.c',
      basic(':s').authorization,
      basic('c:').authorization,
    ]) {
      const answer = await post('grant_type=client_credentials', { authorization })
      expect([authorization, answer.statusCode, answer.json().error]).toEqual([authorization, 401, 'invalid_client'])
      expect(answer.headers['www-authenticate']).toMatch(/^Basic /)
    }
  })

  it('says what the use case says, in the words of RFC 6749', async () => {
    for (const [error, status] of [
      ['unauthorized_client', 400],
      ['unsupported_grant_type', 400],
      ['invalid_request', 400],
      ['invalid_client', 401],
    ] as const) {
      outcome = async () => {
        throw new TokenError(error, 'Why.')
      }
      const answer = await post('grant_type=client_credentials', basic('c:s'))
      expect(answer.statusCode).toBe(status)
      expect(answer.json()).toEqual({ error, error_description: 'Why.' })
    }
  })

  it('answers what RFC 6749 has no word for with a problem document', async () => {
    for (const code of ['portal_suspended', 'unavailable'] as const) {
      outcome = async () => {
        throw new MfaError(code)
      }
      expect((await post('grant_type=client_credentials', basic('c:s'))).json()).toMatchObject({ code })
    }
    expect((await post('{}', { 'content-type': 'application/json' })).json()).toMatchObject({
      code: 'unsupported_media_type',
    })
    expect((await post('x'.repeat(17_000))).json()).toMatchObject({ code: 'body_too_large' })
  })

  it('LOG-1: keeps secrets out of log and answer', async () => {
    outcome = async () => {
      throw new Error('s3cret-of-a-client')
    }
    const answer = await post('grant_type=client_credentials', basic('cli_1:s3cret-of-a-client'))
    expect(answer.statusCode).toBe(503)
    expect(answer.body + http.log.text()).not.toContain('s3cret')
  })
})
