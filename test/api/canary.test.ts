/** LOG-1, BIND-3, I9, I12: after whole logins, no code, number, address or secret is in any log line, table, Redis value or answer. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, openPortal, tokenOf, wrong } from '../support/portal.ts'
import { openReal, type TestService } from '../support/service.ts'

const NUMBER = '+12025550199'
const ADDRESS = 'canary.person@example.com'

let service: TestService
const answers: string[] = []
const secrets: Record<string, string> = { number: NUMBER, 'number without plus': NUMBER.slice(1), address: ADDRESS }
const codes: string[] = []

beforeAll(async () => {
  const real = await openReal(1)
  service = {
    ...real,
    async request(method, path, given) {
      const answer = await real.request(method, path, given)
      // Their own answers show a token or a new secret: nothing else may.
      if (path !== '/oauth/token' && !path.endsWith('/clients')) answers.push(JSON.stringify(answer.body))
      return answer
    },
  }
  await live()
})
afterAll(() => service.close())

async function live(): Promise<void> {
  const acme = await openPortal(service)
  const contactId = fresh('canary')
  secrets['client secret'] = acme.client.clientSecret
  secrets['access token'] = await tokenOf(service, acme.client)
  const loginId = fresh('login')
  const start = { organizationId: 'org', loginId, method: 'sms', destination: NUMBER }
  const { body } = await acme.portal.post(`/v1/contacts/${contactId}/enrollments`, start, { 'idempotency-key': 'k' })
  const code = await acme.codeAt(NUMBER)
  codes.push(code, wrong(code))
  const confirm = `/v1/contacts/${contactId}/enrollments/${body.id}/confirm`
  await acme.portal.post(confirm, { code: wrong(code), loginId }, { 'idempotency-key': 'w' })
  await acme.portal.post(confirm, { code, loginId }, { 'idempotency-key': 'c' })
  const change = await acme.challenge(contactId, { purpose: 'change_factor' })
  const { body: proof } = await acme.verify(contactId, change, change.code)
  await acme.enroll(contactId, {
    loginId: change.loginId,
    assertion: proof.assertion,
    method: 'email',
    destination: ADDRESS,
  })
  const challenge = await acme.challenge(contactId)
  codes.push(change.code, await acme.codeAt(ADDRESS), challenge.code)
  await acme.verify(contactId, challenge, wrong(challenge.code))
  await acme.portal.post(`/v1/contacts/${contactId}/enrollments`, { ...start, destination: `${NUMBER};ext=5` })
  await acme.portal.post(`/v1/contacts/${contactId}/enrollments`, { ...start, surprise: ADDRESS })
  await acme.portal.post(`/v1/contacts/${contactId}/challenges/${challenge.id}/verify?code=${challenge.code}`, {})
  await acme.masterAdmin.get(`/v1/contacts/${contactId}`)
  await acme.masterAdmin.get('/v1/events?limit=200')
}

async function databaseDump(): Promise<string> {
  const client = new pg.Client({ connectionString: service.databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    const dumped: string[] = []
    for (const { tablename } of rows) {
      const table = await client.query(`SELECT t::text AS row FROM ${tablename} t`)
      dumped.push(...table.rows.map(({ row }) => row))
    }
    return dumped.join('\n')
  } finally {
    await client.end()
  }
}

const places: [name: string, read: () => Promise<string>, least: number][] = [
  ['the log, at level trace', async () => service.log(), 2000],
  ['the database', databaseDump, 2000],
  ['Redis', async () => (await service.redis?.dump())?.join('\n') ?? '', 500],
  ['the metrics', async () => String((await service.request('GET', '/metrics')).body), 2000],
  ['the answers', async () => answers.join('\n'), 2000],
]

describe.each(places)('%s', (_, read, least) => {
  it('hold no number, address, secret or token in clear', async () => {
    const text = await read()
    expect(text.length).toBeGreaterThan(least)
    for (const [name, secret] of Object.entries(secrets)) expect(text.includes(secret), name).toBe(false)
  })

  it('hold no code, right or wrong', async () => {
    const text = await read()
    expect(codes.length).toBeGreaterThan(4)
    // A code stands alone; six digits within a longer number, an instant or an id are none.
    for (const code of codes) expect(text.match(new RegExp(`(?<![\\w.-])${code}(?![\\w.-])`)), code).toBeNull()
  })
})

it('every key in Redis has a time to live', async () => {
  const keys = (await service.redis?.dump()) ?? []
  expect(keys.length).toBeGreaterThan(5)
  for (const line of keys) expect(line).not.toMatch(/^\S+ -1 /)
})
