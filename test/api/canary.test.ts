/** LOG-1, BIND-3, I9, I12: after whole logins, no code, number, address or secret is in any log line, table, Redis value or answer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADDRESS, type Canary, clearIn, codesIn, NUMBER, openCanary, places } from '../support/canary.ts'
import { fresh, wrong } from '../support/portal.ts'
import { OPERATOR_SECRET, openReal } from '../support/service.ts'

let canary: Canary
beforeAll(async () => {
  canary = await openCanary(await openReal(1))
  await live(canary)
})
afterAll(() => canary?.service.close())

async function live({ service, acme, contactId, codes }: Canary): Promise<void> {
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
  const stepUp = { loginId: change.loginId, assertion: proof.assertion, method: 'email', destination: ADDRESS }
  await acme.enroll(contactId, stepUp)
  const challenge = await acme.challenge(contactId)
  codes.push(change.code, await acme.codeAt(ADDRESS), challenge.code)
  await acme.verify(contactId, challenge, wrong(challenge.code))
  for (const refused of [{ destination: `${NUMBER};ext=5` }, { surprise: ADDRESS }, stepUp])
    await acme.portal.post(`/v1/contacts/${contactId}/enrollments`, { ...start, ...refused })
  await acme.portal.post(`/v1/contacts/${contactId}/challenges/${challenge.id}/verify?code=${challenge.code}`, {})
  await service.request('POST', '/oauth/token', {
    body: `grant_type=client_credentials&client_id=nobody&client_secret=${OPERATOR_SECRET}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  await acme.masterAdmin.get(`/v1/contacts/${contactId}`)
  await acme.masterAdmin.get('/v1/events?limit=200')
}

describe.each(places)('%s', (_, read, least) => {
  it('hold no number, address, secret or token in clear', async () => {
    const text = await read(canary)
    expect(text.length).toBeGreaterThan(least)
    expect(Object.keys(canary.secrets).filter(name => /^assertion of /.test(name)).length).toBeGreaterThan(2)
    expect(clearIn(text, canary)).toEqual([])
  })

  it('hold no code, right or wrong', async () => {
    const text = await read(canary)
    expect(canary.codes.length).toBeGreaterThan(4)
    expect(codesIn(text, canary)).toEqual([])
  })
})

it('what is looked for would be found', () => {
  const { secrets, codes } = canary
  expect(clearIn(Object.values(secrets).join(), canary)).toEqual(Object.keys(secrets))
  expect(codesIn(`"${codes.join('", "')}"`, canary)).toEqual(codes)
})

it('every key in Redis has a time to live', async () => {
  const keys = (await canary.service.redis?.dump()) ?? []
  expect(keys.length).toBeGreaterThan(5)
  for (const line of keys) expect(line).not.toMatch(/^\S+ -1 /)
})
