/** LOG-1: what fails says why, and that is where numbers and codes get out: in texts of providers, parameters of statements, arguments of scripts. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { AwsError, QueryParameters } from '../support/aws-query-server.ts'
import { openBehindProxies, type ServiceBehindProxies } from '../support/behind-proxies.ts'
import { ADDRESS, type Canary, clearIn, codesIn, NUMBER, openCanary, places } from '../support/canary.ts'
import type { Fault } from '../support/fault-proxy.ts'
import { fresh, wrong } from '../support/portal.ts'

/** Of PostgreSQL and Redis: long enough for a busy machine, short enough to wait for. */
const DEADLINE_MS = 2000

let behind: ServiceBehindProxies
let canary: Canary
beforeAll(async () => {
  behind = await openBehindProxies(1, DEADLINE_MS)
  canary = await openCanary(behind)
})
afterAll(() => behind?.close())

const login = async (more: object = {}) => {
  const loginId = fresh('login')
  const { acme, contactId } = canary
  return { loginId, ...(await acme.portal.post(`/v1/contacts/${contactId}/challenges`, { loginId, ...more })) }
}

const enrollment = (destination: string) =>
  canary.acme.portal.post(`/v1/contacts/${fresh('canary')}/enrollments`, {
    organizationId: 'org',
    loginId: fresh('login'),
    method: destination === ADDRESS ? 'email' : 'sms',
    destination,
  })

/** As a provider that repeats in its error all that it was given. */
const repeating =
  (status: number, code: string) =>
  (given: QueryParameters): AwsError => ({ status, code, message: `Invalid parameter: ${Object.values(given).join()}` })

it('a provider refuses, and repeats number, address and code', async () => {
  const { acme, contactId, codes } = canary
  await acme.enroll(contactId, { destination: NUMBER })
  codes.push(await acme.codeAt(NUMBER))
  for (const [status, code] of [
    [400, 'InvalidParameter'],
    [403, 'AuthorizationError'],
    [500, 'InternalFailure'],
  ] as const) {
    for (const provider of Object.values(behind.providers)) provider.behave(repeating(status, code))
    const answers = [await login(), await enrollment(ADDRESS)]
    expect(answers.map(answer => answer.body.delivery?.status ?? answer.status)).not.toContain('sent')
    codes.push(await acme.codeAt(NUMBER), await acme.codeAt(ADDRESS))
    behind.advance(3700)
  }
  const { items } = (await acme.masterAdmin.get('/v1/events?type=send.failed')).body
  expect(JSON.stringify(items)).toMatch(/InvalidParameter.*AuthorizationError|AuthorizationError.*InvalidParameter/)
  for (const provider of Object.values(behind.providers)) provider.behave('accept')
  expect(new Set(codes).size).toBeGreaterThan(4)
})

/** Why requests were answered with 503, as the log says it. */
const reasonsSince = (at: number): string[] =>
  [
    ...behind
      .log()
      .slice(at)
      .matchAll(/"code":("[^"]+"|null)[^\n]+"msg":"unavailable"/g),
  ].map(([, code = '']) => JSON.parse(code))

const faults: ['postgres' | 'redis', Fault][] = (['postgres', 'redis'] as const).flatMap(store => [
  [store, { kind: 'refuse' }],
  [store, { kind: 'black hole' }],
])

it.each(faults)('%s fails (%o) in the middle of logins', async (store, fault) => {
  const { acme, contactId, codes } = canary
  const { body, loginId, status } = await login()
  expect(status).toBe(201)
  const code = await acme.codeAt(NUMBER)
  codes.push(code, wrong(code))
  const before = behind.log().length
  await behind.proxies[store].fail(fault)
  const answers = [
    await acme.verify(contactId, { id: body.id, loginId }, wrong(code), { 'idempotency-key': fresh('click') }),
    await acme.verify(contactId, { id: body.id, loginId }, code),
    await login(),
    await enrollment(NUMBER),
    await enrollment(ADDRESS),
  ]
  expect(answers.map(answer => answer.status)).toEqual(answers.map(() => 503))
  expect(reasonsSince(before)).toEqual(answers.map(() => expect.any(String)))
  await behind.proxies[store].heal()
  await vi.waitFor(async () => expect((await behind.request('GET', '/health/ready')).status).toBe(200), {
    timeout: 10_000,
    interval: 100,
  })
  behind.advance(3700)
})

describe.each(places)('after all that, %s', (_, read, least) => {
  it('hold no number, address, code, secret or token in clear', async () => {
    const text = await read(canary)
    expect(text.length).toBeGreaterThan(least)
    expect(clearIn(text, canary)).toEqual([])
    expect(codesIn(text, canary)).toEqual([])
  })
})
