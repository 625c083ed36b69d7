/**
 * Input that is meant to cost. What takes for ever hangs its test; what takes longer than its length explains is measured
 * against a shorter one of its kind, so that no test depends on how fast the machine is.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GROWTH_MAX, growth } from '../support/growth.ts'
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

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const withHeaders = (headers: Record<string, string>) =>
  http.app.inject({
    method: 'PATCH',
    url: '/v1/settings',
    headers: { ...bearer(), ...headers },
    payload: { locale: '?' },
  })
const withCredentials = (credentials: string) =>
  http.app.inject({
    method: 'POST',
    url: '/oauth/token',
    headers: { authorization: `Basic ${credentials}`, ...form },
    payload: 'grant_type=client_credentials',
  })
const verify = '/v1/contacts/c-1/challenges/chl_8cJfWq2LhR5sYtN1vUx0Pw/verify'

/** Requests that bring a text to whatever reads headers and queries. */
const readers = [
  (text: string) => withHeaders({ 'if-match': text }),
  (text: string) => withHeaders({ authorization: `Bearer ${text}` }),
  (text: string) => withHeaders({ 'content-type': `application/json;${text}` }),
  (text: string) => withCredentials(text),
  (text: string) => withCredentials(Buffer.from(text).toString('base64')),
  (text: string) => withCredentials(Buffer.from(`${text}:x!`).toString('base64')),
  (text: string) =>
    http.app.inject({
      method: 'POST',
      url: verify,
      headers: { ...bearer(), 'idempotency-key': `${text}é` },
      payload: { code: '042917', loginId: 'l' },
    }),
  (text: string) => http.app.inject({ url: `/v1/contacts?cursor=${encodeURIComponent(text)}!`, headers: bearer() }),
]

describe('text of a hundred thousand characters', () => {
  it('REDOS-1: is judged at once by every pattern of the OpenAPI document', () => {
    const patterns = [...new Set(patternsIn(document as unknown as Json))]
    expect(patterns.length).toBeGreaterThan(12)
    for (const pattern of patterns) {
      const regexp = new RegExp(pattern, 'u')
      for (const text of hostile) regexp.test(text)
    }
  })

  it('REDOS-1: is judged by what reads headers and queries in no more time than it explains', async () => {
    for (const unit of ['a', '=', ' ', '%41', ':', '"', ',', 'W/"', '*', '.', '-'])
      for (const [at, send] of readers.entries()) {
        const refused = async (length: number) => {
          const { statusCode } = await send(unit.repeat(length / unit.length))
          expect(statusCode).toBeGreaterThanOrEqual(400)
        }
        expect(await growth(LENGTH, refused), `${unit} at ${at}`).toBeLessThan(GROWTH_MAX)
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

  const repeat = (part: string, length: number) => part.repeat(length / part.length)
  /** By length. */
  const texts: [string, (length: number) => string][] = [
    ['arrays', length => '['.repeat(length / 2) + ']'.repeat(length / 2)],
    ['objects in one another', length => `${repeat('{"a":', (length * 5) / 6)}1${'}'.repeat(length / 6)}`],
    ['members', length => `{${Array.from({ length: length / 10 }, (_, at) => `"${at}":1`).join(',')}}`],
    ['the same member', length => `{${repeat('"a":1,', length)}"b":1}`],
    ['an array of numbers', length => `{"methods":[${repeat('1,', length)}1]}`],
    ['a number of many digits', length => `{"destination":${'9'.repeat(length)}}`],
    ['a text of escapes', length => `{"destination":"${repeat('\\u0061', length)}"}`],
    ['a text without an end', length => `{"destination":"${'a'.repeat(length)}`],
    ['backslashes', length => `{"destination":"${repeat('\\\\', length)}"}`],
  ]

  it.each(texts)('INPUT-4: is refused, in a time that grows with its length alone: %s', async (_, text) => {
    const refused = async (length: number) => {
      const { statusCode, body } = await post(text(length))
      expect(statusCode).toBe(400)
      expect(body.length).toBeLessThan(200_000)
    }
    expect(await growth(16_000, refused)).toBeLessThan(GROWTH_MAX)
    expect(reached).toBe(0)
  })

  it('INPUT-4: is refused unread above 16 KiB', async () => {
    const { statusCode } = await post('['.repeat(200_000) + ']'.repeat(200_000))
    expect(statusCode).toBe(413)
    expect(reached).toBe(0)
  })
})
