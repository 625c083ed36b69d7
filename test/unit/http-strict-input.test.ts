import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, httpApp } from '../support/http-app.ts'

const verifyUrl = '/v1/contacts/c-1/challenges/chl_8cJfWq2LhR5sYtN1vUx0Pw/verify'

describe('input', () => {
  let reached: unknown[]
  let http: Awaited<ReturnType<typeof httpApp>>
  beforeAll(async () => {
    const note = async (_call: unknown, input: unknown) => {
      reached.push(input)
      return undefined as never
    }
    http = await httpApp({
      verifyChallenge: note,
      listContacts: note,
      resetContact: async (_call, input) => {
        reached.push(input)
        return { cleared: { factors: 0, skip: false, lock: false } }
      },
      readContact: note,
      startEnrollment: note,
    })
  })
  beforeEach(() => {
    reached = []
  })
  afterAll(() => http.app.close())

  const post = (url: string, payload: string, headers = {}) =>
    http.app.inject({
      method: 'POST',
      url,
      headers: { ...bearer(), 'content-type': 'application/json', ...headers },
      payload,
    })
  const get = (url: string) => http.app.inject({ method: 'GET', url, headers: bearer() })

  it('INPUT-4: names twenty faults at most, those of known members first, so that no answer outgrows its request', async () => {
    const surplus = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`m${at}`, 1]))
    const answer = await post(verifyUrl, JSON.stringify({ ...surplus, code: 1 }))
    const { errors } = answer.json()
    expect(errors).toHaveLength(20)
    expect(errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(
      expect.arrayContaining(['/code', '/loginId', '/m0']),
    )
    expect(reached).toEqual([])
  })

  it('BRUTE-6: a code is a string of digits and nothing else', async () => {
    for (const code of [
      '["042917"]',
      '{}',
      '42917',
      'true',
      'null',
      '"04291"',
      '"04291712345"',
      '"042917\\n"',
      '"٠٤٢٩١٧"',
      '" 042917"',
    ]) {
      const answer = await post(verifyUrl, `{"code":${code},"loginId":"l"}`)
      expect([code, answer.statusCode]).toEqual([code, 400])
      expect(answer.json().errors).toEqual([{ pointer: '/code', message: expect.any(String) }])
    }
    expect(reached).toEqual([])
  })

  it('LOG-2: names the member and the rule, never the value', async () => {
    const answer = await post(verifyUrl, '{"code":"sekrit-042917","loginId":"bad id"}')
    expect(answer.json()).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/code', message: '6 to 10 digits' }, { pointer: '/loginId' }],
    })
    expect(answer.body).not.toContain('sekrit')
    expect(answer.body).not.toContain('bad id')
  })

  it('INPUT-2: refuses a member it does not know, and repeats its name only if it is one', async () => {
    const answer = await post(verifyUrl, '{"code":"042917","loginId":"l","destination":"x","+1 202 555 0167":1}')
    expect(answer.json().errors).toEqual([
      { pointer: '/destination', message: 'is not known' },
      { pointer: '', message: 'is not known' },
    ])
  })

  it('INPUT-5: refuses a member name that is there twice, however it is spelled', async () => {
    for (const body of [
      '{"code":"042917","loginId":"l","code":"042918"}',
      '{"code":"042917","loginId":"l","c\\u006fde":"042918"}',
    ]) {
      const answer = await post(verifyUrl, body)
      expect(answer.statusCode).toBe(400)
      expect(answer.json().errors).toEqual([{ pointer: '', message: 'repeats a member name' }])
    }
  })

  it('INPUT-3: refuses prototypes', async () => {
    for (const body of [
      '{"__proto__":{"code":"042917"},"loginId":"l"}',
      '{"constructor":{"prototype":{}},"loginId":"l"}',
    ])
      expect((await post(verifyUrl, body)).statusCode).toBe(400)
    expect({}).not.toHaveProperty('code')
  })

  it('INPUT-4: refuses nesting beyond eight levels', async () => {
    const answer = await post(verifyUrl, `{"code":${'['.repeat(4000)}${']'.repeat(4000)}}`)
    expect(answer.json().errors).toEqual([{ pointer: '', message: 'is nested too deeply' }])
  })

  it('answers what is no JSON, and JSON that is no object', async () => {
    for (const body of ['{', 'nope', '[]', '"x"', '1', 'null']) {
      const answer = await post(verifyUrl, body)
      expect([body, answer.statusCode]).toEqual([body, 400])
    }
  })

  it('takes no body, an empty one and {} alike where every member is optional (L-08)', async () => {
    const url = '/v1/contacts/c-1/reset'
    const none = await http.app.inject({ method: 'POST', url, headers: bearer() })
    expect([none, await post(url, ''), await post(url, '{}')].map(answer => answer.statusCode)).toEqual([200, 200, 200])
    expect(reached).toEqual([{ contactId: 'c-1' }, { contactId: 'c-1' }, { contactId: 'c-1' }])
  })

  it('says which members are missing when there is no body', async () => {
    const answer = await http.app.inject({ method: 'POST', url: verifyUrl, headers: bearer() })
    expect(answer.json().errors.map((error: { pointer: string }) => error.pointer)).toEqual(['/code', '/loginId'])
  })

  it('takes no text with control characters or half surrogates', async () => {
    for (const reason of ['a\\u0000b', 'a\\r\\nb', 'a\\ud800'])
      expect((await post('/v1/contacts/c-1/reset', `{"reason":"${reason}"}`)).statusCode).toBe(400)
    expect((await post('/v1/contacts/c-1/reset', `{"reason":"${'é'.repeat(200)} 𝒳"}`)).statusCode).toBe(400)
    expect((await post('/v1/contacts/c-1/reset', `{"reason":"${'𝒳'.repeat(200)}"}`)).statusCode).toBe(200)
  })

  it('reads a query strictly: unknown and repeated parameters are refused', async () => {
    for (const query of [
      '?limit=0',
      '?limit=201',
      '?limit=1.5',
      '?limit=x',
      '?limit=',
      '?limit=0x10',
      '?limit=1e1',
      '?limit=%205',
      '?limit=+5',
      '?limit=5&limit=6',
      '?role=x',
      '?status=maybe',
      '?cursor=',
    ])
      expect([query, (await get(`/v1/contacts${query}`)).statusCode]).toEqual([query, 400])
    expect(reached).toEqual([])
  })

  it('gives a list its limit', async () => {
    await get('/v1/contacts')
    await get('/v1/contacts?limit=7&status=enrolled')
    expect(reached).toEqual([{ limit: 50 }, { limit: 7, status: 'enrolled' }])
  })

  it('takes every id of the contract in a path, 128 characters long', async () => {
    const id = `a${'~'.repeat(127)}`
    await get(`/v1/contacts/${id}`)
    expect(reached).toEqual([{ contactId: id }])
    for (const bad of [`a${'~'.repeat(128)}`, '.a', 'a%2Fb', 'a%7Bb', 'person@example.com', 'a%00'])
      expect([bad, (await get(`/v1/contacts/${bad}`)).statusCode]).toEqual([bad, 400])
  })

  it('ENR-3: a destination is one string', async () => {
    for (const destination of ['["a@b.example","c@d.example"]', '{"to":"x"}', '5', '""'])
      expect(
        (
          await post(
            '/v1/contacts/c-1/enrollments',
            `{"organizationId":"o","loginId":"l","method":"email","destination":${destination}}`,
          )
        ).statusCode,
      ).toBe(400)
    expect(reached).toEqual([])
  })
})
