/** Input that is meant to cost: a test that hangs is the failure, nothing here is timed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer, httpApp } from '../support/http-app.ts'

type Json = null | boolean | number | string | Json[] | { [member: string]: Json }
interface Operation {
  operationId: string
  parameters?: { name: string; in: string; schema: Json }[]
  requestBody?: { content: Record<string, { schema: Json }> }
}
interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Json }
}

let http: Awaited<ReturnType<typeof httpApp>>
let document: Document
let reached: number
beforeAll(async () => {
  const note = async () => {
    reached++
    return undefined as never
  }
  http = await httpApp({ verifyChallenge: note, startEnrollment: note, changeSettings: note })
  document = http.app.swagger() as unknown as Document
  reached = 0
})
afterAll(() => http.app.close())

/** Every `pattern` below a schema. */
function patternsIn(schema: Json): string[] {
  if (schema === null || typeof schema !== 'object') return []
  if (Array.isArray(schema)) return schema.flatMap(patternsIn)
  return Object.entries(schema).flatMap(([member, value]) =>
    member === 'pattern' && typeof value === 'string' ? [value] : patternsIn(value),
  )
}

const LENGTH = 100_000
const UNITS = [
  'a',
  'A',
  '0',
  'é',
  '東',
  '\u{1d504}',
  ' ',
  '.',
  '-',
  '_',
  '/',
  ':',
  '+',
  '@',
  '=',
  '"',
  '\\',
  '\n',
  '\u0000',
]
const PAIRS = UNITS.flatMap(one => ['a', '0', '.', '-', ' '].map(two => one + two))

/** One part again and again, and an end that undoes what was matched so far. */
const hostile = [...UNITS, ...PAIRS, 'a.b-', 'a-a.', '.1', 'a.1', 'AbC-1.', 'xn--'].flatMap(unit =>
  ['', '!', '\n', '..', '-'].flatMap(end => {
    const long = unit.repeat(LENGTH / unit.length) + end
    return [long, `a${long}`, `A.b${long}`]
  }),
)

describe('text of a hundred thousand characters', () => {
  it('REDOS-1: is judged at once by every pattern of the OpenAPI document', () => {
    const patterns = [...new Set(patternsIn(document as unknown as Json))]
    expect(patterns.length).toBeGreaterThan(12)
    for (const pattern of patterns) {
      const regexp = new RegExp(pattern, 'u')
      for (const text of hostile) regexp.test(text)
    }
  })

  it('REDOS-1: is judged at once by what reads headers and queries', async () => {
    for (const unit of ['a', '=', ' ', '%41', ':', '"', ',', 'W/"', '*', '.', '-']) {
      const long = unit.repeat(LENGTH / unit.length)
      const settings = (headers: Record<string, string>) =>
        http.app.inject({
          method: 'PATCH',
          url: '/v1/settings',
          headers: { ...bearer(), ...headers },
          payload: { locale: '?' },
        })
      for (const headers of [
        { 'if-match': long },
        { authorization: `Bearer ${long}` },
        { 'content-type': `application/json;${long}` },
      ])
        expect((await settings(headers)).statusCode).toBeGreaterThanOrEqual(400)
      const token = (authorization: string) =>
        http.app.inject({
          method: 'POST',
          url: '/oauth/token',
          headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
          payload: 'grant_type=client_credentials',
        })
      for (const credentials of [
        long,
        Buffer.from(long).toString('base64'),
        Buffer.from(`${long}:x!`).toString('base64'),
      ])
        expect((await token(`Basic ${credentials}`)).statusCode).toBeGreaterThanOrEqual(400)
      const verify = await http.app.inject({
        method: 'POST',
        url: '/v1/contacts/c-1/challenges/chl_8cJfWq2LhR5sYtN1vUx0Pw/verify',
        headers: { ...bearer(), 'idempotency-key': `${long}é` },
        payload: { code: '042917', loginId: 'l' },
      })
      expect(verify.statusCode).toBe(400)
      const query = await http.app.inject({
        url: `/v1/contacts?cursor=${encodeURIComponent(long)}!`,
        headers: bearer(),
      })
      expect(query.statusCode).toBe(400)
    }
    expect(reached).toBe(0)
  })
})

describe('JSON that is all structure', () => {
  const post = (payload: string) =>
    http.app.inject({
      method: 'POST',
      url: '/v1/contacts/c-1/enrollments',
      headers: { ...bearer(), 'content-type': 'application/json' },
      payload,
    })

  it.each([
    ['200,000 arrays', '['.repeat(200_000) + ']'.repeat(200_000), 413],
    ['8,000 arrays', '['.repeat(8000) + ']'.repeat(8000), 400],
    ['2,000 objects in one another', `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`, 400],
    ['1,500 members', `{${Array.from({ length: 1500 }, (_, at) => `"${at}":1`).join(',')}}`, 400],
    ['2,000 times the same member', `{${'"a":1,'.repeat(2000)}"b":1}`, 400],
    ['an array of 8,000 numbers', `{"methods":[${'1,'.repeat(8000)}1]}`, 400],
    ['a number of 16,000 digits', `{"destination":${'9'.repeat(16_000)}}`, 400],
    ['a text of 16,000 escapes', `{"destination":"${'\\u0061'.repeat(2700)}"}`, 400],
    ['a text without an end', `{"destination":"${'a'.repeat(16_000)}`, 400],
    ['backslashes', `{"destination":"${'\\\\'.repeat(8000)}"}`, 400],
  ])('INPUT-4: is refused: %s', async (_, payload, status) => {
    const answer = await post(payload)
    expect(answer.statusCode).toBe(status)
    expect(answer.body.length).toBeLessThan(200_000)
    expect(reached).toBe(0)
  })
})
