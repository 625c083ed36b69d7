/** Whose clock counts: that of the stores, whatever the process or the caller believes (TIME-1, TIME-2, TIME-3). */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { fresh, openPortal, type TestPortal, tokenOf, wrong } from '../support/portal.ts'
import { openReal, type TestService } from '../support/service.ts'

let service: TestService
let acme: TestPortal
beforeAll(async () => {
  service = await openReal(2)
  acme = await openPortal(service)
})
afterAll(() => service.close())
afterEach(async () => {
  vi.useRealTimers()
  await believeClientsAgain()
})

/** The list of revoked clients is as old as the process clock says; an instance polls it again within 20 s. */
const believeClientsAgain = () => Promise.all(service.instances.map(instance => instance.runJobs()))

const MINUTE_MS = 60_000

/** Sets the clock of this process, and so of every instance, off; PostgreSQL and Redis keep their own. */
async function skew(
  ms: number,
): Promise<(contactId: string, challenge: Sent, code: string) => ReturnType<TestPortal['verify']>> {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })
  await believeClientsAgain()
  // A token of before may be over or not have begun by then.
  const token = await tokenOf(service, acme.client)
  return (contactId, { id, loginId }, code) =>
    service.request('POST', `/v1/contacts/${contactId}/challenges/${id}/verify`, { token, body: { code, loginId } })
}
type Sent = Awaited<ReturnType<TestPortal['challenge']>>

async function challenged(prefix: string): Promise<{ contactId: string; challenge: Sent }> {
  const contactId = fresh(prefix)
  await acme.enroll(contactId)
  return { contactId, challenge: await acme.challenge(contactId) }
}

describe('the clock of an instance', () => {
  // TIME-1: an instance whose clock is late accepts codes that are over.
  it.each([5, -5, -10])('TIME-1, TIME-2: %s minutes off neither kills a code nor revives it', async minutes => {
    const young = await challenged('young')
    const old = await challenged('old')
    const verify = await skew(minutes * MINUTE_MS)
    expect((await verify(young.contactId, young.challenge, young.challenge.code)).status).toBe(200)
    service.advance(300)
    expect(await verify(old.contactId, old.challenge, old.challenge.code)).toMatchObject({
      status: 410,
      body: { code: 'expired' },
    })
  })

  it('TIME-1: does not decide when a code ends: the store does', async () => {
    const { contactId, challenge } = await challenged('boundary')
    const read = () => acme.portal.get(`/v1/contacts/${contactId}/challenges/${challenge.id}`)
    const { expiresAt } = (await read()).body
    const verify = await skew(-10 * MINUTE_MS)
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(5 * MINUTE_MS)
    service.advance(270)
    expect(await verify(contactId, challenge, wrong(challenge.code))).toMatchObject({ body: { attemptsLeft: 4 } })
    service.advance(30)
    expect((await verify(contactId, challenge, challenge.code)).status).toBe(410)
  })
})

describe('the clock of the stores', () => {
  // TIME-2: a clock that is set back by ten minutes lives through them again.
  it('TIME-2: set back gives no attempt, no used code and no lock back', async () => {
    const used = await challenged('used')
    const spent = await challenged('spent')
    const locked = fresh('locked')
    await acme.enroll(locked)
    for (let round = 0; round < 2; round++) {
      const challenge = await acme.challenge(locked)
      for (let at = 0; at < 5; at++) await acme.verify(locked, challenge, wrong(challenge.code))
    }
    expect((await acme.verify(used.contactId, used.challenge, used.challenge.code)).status).toBe(200)
    for (let at = 0; at < 5; at++) await acme.verify(spent.contactId, spent.challenge, wrong(spent.challenge.code))
    service.advance(-600)
    try {
      expect((await acme.verify(used.contactId, used.challenge, used.challenge.code)).status).toBe(409)
      expect((await acme.verify(spent.contactId, spent.challenge, spent.challenge.code)).status).toBe(410)
      expect((await acme.decide(locked)).body).toMatchObject({ decision: 'deny', reason: 'factor_locked' })
    } finally {
      service.advance(600)
    }
  })

  it('TIME-2: set back shortens no wait between two messages', async () => {
    const { contactId, challenge } = await challenged('waiter')
    const resend = () => acme.portal.post(`/v1/contacts/${contactId}/challenges/${challenge.id}/resend`, {})
    service.advance(-600)
    try {
      expect(await resend()).toMatchObject({ status: 429, body: { code: 'resend_too_soon' } })
    } finally {
      service.advance(600)
    }
    expect((await resend()).status).toBe(429)
  })
})

describe('the caller', () => {
  interface Schema {
    format?: string
    properties?: Record<string, Schema>
    [member: string]: unknown
  }
  interface Operation {
    operationId: string
    requestBody?: { content: Record<string, { schema: Schema }> }
    parameters?: { name: string; schema: Schema }[]
  }

  const timesIn = (name: string, schema: Schema): string[] => [
    ...(/date|time/.test(schema.format ?? '') || /(?:At|Until|time|now|clock)$/i.test(name) ? [name] : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([member, of]) => timesIn(member, of)),
    ...((schema.anyOf ?? schema.oneOf ?? []) as Schema[]).flatMap(of => timesIn(name, of)),
  ]

  // TIME-3
  it('TIME-3: names no instant in any request, but the end of opt-out, the start of a list, and what is read-only', () => {
    const { paths } = service.openapi() as { paths: Record<string, Record<string, Operation>> }
    const named = Object.values(paths)
      .flatMap(item => Object.values(item))
      .flatMap(({ operationId, requestBody, parameters = [] }) =>
        [
          ...parameters.flatMap(({ name, schema }) => timesIn(name, schema)),
          ...Object.values(requestBody?.content ?? {}).flatMap(({ schema }) => timesIn('', schema)),
        ].map(name => `${operationId} ${name}`),
      )
    expect([...new Set(named)].sort()).toEqual(['changeSettings endsAt', 'changeSettings updatedAt', 'listEvents from'])
  })

  it('TIME-3: changes nothing by a Date header', async () => {
    const { contactId, challenge } = await challenged('dated')
    service.advance(300)
    const headers = { date: 'Thu, 01 Jan 1970 00:00:00 GMT', 'x-request-time': '0' }
    expect((await acme.verify(contactId, challenge, challenge.code, headers)).status).toBe(410)
  })
})
