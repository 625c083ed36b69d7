/** A charge stands whatever becomes of the request after it: no error in the use case or on the way out takes it back. */
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Ports } from '../../src/ports/ports.ts'
import { fresh, freshNumber, openPortal, type TestPortal, tokenOf, wrong } from '../support/portal.ts'
import { type Answer, openReal, type TestService } from '../support/service.ts'

/** Where a request breaks: always after the arbiter has given its verdict. */
type Fault = 'none' | 'use case' | 'signature' | 'schema' | 'kept answer' | 'news of the end'

let fault: Fault = 'none'
let service: TestService
let acme: TestPortal

const failIf = (when: Fault): void => {
  if (fault === when) throw new Error(`broken on purpose: ${when}`)
}

const breaking = (ports: Ports): Ports => ({
  ...ports,
  meter: {
    ...ports.meter,
    count(name, labels) {
      if (name === 'mfa_verdicts_total') failIf('use case')
      ports.meter.count(name, labels)
    },
  },
  tokens: {
    ...ports.tokens,
    signAssertion(claims, seconds) {
      failIf('signature')
      return fault === 'schema' ? (42 as never) : ports.tokens.signAssertion(claims, seconds)
    },
  },
  idempotency: {
    ...ports.idempotency,
    async answer(...given) {
      failIf('kept answer')
      return ports.idempotency.answer(...given)
    },
  },
  codes: {
    ...ports.codes,
    async end(...given) {
      failIf('news of the end')
      return ports.codes.end(...given)
    },
  },
})

beforeAll(async () => {
  service = await openReal(1, 20_000, breaking)
  acme = await openPortal(service)
})
afterEach(() => {
  fault = 'none'
})
afterAll(() => service?.close())

interface Pending {
  contactId: string
  code: string
  loginId: string
  path: string
  guess(code: string, headers?: Record<string, string>): Promise<Answer>
}

async function challenged(): Promise<Pending> {
  const contactId = fresh('charge')
  await acme.enroll(contactId)
  const { id, loginId, code } = await acme.challenge(contactId)
  return pending(contactId, loginId, code, `/v1/contacts/${contactId}/challenges/${id}/verify`)
}

async function enrolling(): Promise<Pending> {
  const [contactId, loginId, destination] = [fresh('charge'), fresh('login'), freshNumber()]
  const start = { organizationId: 'org', loginId, method: 'sms', destination }
  const { body } = await acme.portal.post(`/v1/contacts/${contactId}/enrollments`, start)
  const path = `/v1/contacts/${contactId}/enrollments/${body.id}/confirm`
  return pending(contactId, loginId, await acme.codeAt(destination), path)
}

const pending = (contactId: string, loginId: string, code: string, path: string): Pending => ({
  contactId,
  code,
  loginId,
  path,
  guess: (given, headers = {}) => acme.portal.post(path, { code: given, loginId }, headers),
})

/** Verdicts that are written down: those of the code under test, not of the enrollment before it. */
async function charged({ contactId, path }: Pending): Promise<{ failed: number; won: number }> {
  const { items } = (await acme.masterAdmin.get(`/v1/events?contactId=${contactId}&limit=200`)).body
  const types = (items as { type: string; details: { challengeId?: string; enrollmentId?: string } }[])
    .filter(({ details }) => path.includes(`/${details.challengeId ?? details.enrollmentId}/`))
    .map(({ type }) => type)
  const count = (pattern: RegExp) => types.filter(type => pattern.test(type)).length
  return { failed: count(/\.failed$/), won: count(/\.(verified|confirmed)$/) }
}

describe.each([
  ['verify', challenged],
  ['confirm', enrolling],
])('%s', (_, set) => {
  // RACE-6, B-06: the counter is written in the request's transaction, an error after it rolls it back (CVE-2026-35597), and
  // whoever can cause that error guesses without end.
  it('counts every wrong guess whose request breaks after the charge, so the sixth is refused', async () => {
    const code = await set()
    for (let at = 1; at <= 5; at++) {
      fault = 'use case'
      expect((await code.guess(wrong(code.code))).status).toBe(503)
      expect(await charged(code)).toEqual({ failed: at, won: 0 })
    }
    fault = 'none'
    expect((await code.guess(code.code)).body.code).toBe('attempts_exhausted')
    expect(await charged(code)).toEqual({ failed: 5, won: 0 })
  })

  it.each<Fault>(['use case', 'signature', 'schema'])(
    'uses up a right code whose request breaks after the charge (%s): no second success, and right and wrong look alike',
    async broken => {
      const code = await set()
      fault = broken
      const told = await code.guess(code.code)
      expect([told.status, told.body.code]).toEqual([503, 'unavailable'])
      expect(await charged(code)).toEqual({ failed: 0, won: 1 })
      fault = 'none'
      expect((await code.guess(code.code)).body.code).toBe('already_used')
      expect(await charged(code)).toEqual({ failed: 0, won: 1 })
    },
  )

  it('gives the same guess under the same key its answer after such a break, and charges it once', async () => {
    const [wronged, proved] = [await set(), await set()]
    for (const [code, given, status] of [
      [wronged, wrong(wronged.code), 422],
      [proved, proved.code, 200],
    ] as const) {
      const headers = { 'idempotency-key': fresh('click') }
      fault = 'use case'
      expect((await code.guess(given, headers)).status).toBe(503)
      fault = 'none'
      expect((await code.guess(given, headers)).status).toBe(status)
      expect(await charged(code)).toEqual({ failed: status === 422 ? 1 : 0, won: status === 200 ? 1 : 0 })
    }
  })

  it('tells a verdict whose answer cannot be kept under its key, and charges its repetition no second time', async () => {
    const code = await set()
    const headers = { 'idempotency-key': fresh('click') }
    fault = 'kept answer'
    expect((await code.guess(wrong(code.code), headers)).body).toMatchObject({
      code: 'code_incorrect',
      attemptsLeft: 4,
    })
    fault = 'none'
    // Its lease is still on; then the same call runs again.
    expect((await code.guess(wrong(code.code), headers)).body.code).toBe('request_in_progress')
    service.advance(31)
    expect((await code.guess(wrong(code.code), headers)).body).toMatchObject({
      code: 'code_incorrect',
      attemptsLeft: 4,
    })
    expect(await charged(code)).toEqual({ failed: 1, won: 0 })
  })

  it('accepts a right code once, also where Redis never hears of it', async () => {
    const code = await set()
    fault = 'news of the end'
    expect((await code.guess(code.code)).status).toBe(200)
    expect((await code.guess(code.code)).body.code).toBe('already_used')
    expect((await code.guess(wrong(code.code))).body.code).toBe('already_used')
    expect(await charged(code)).toEqual({ failed: 0, won: 1 })
  })

  it('charges a guess whose sender does not wait for the answer', async () => {
    const code = await set()
    await hangUpAfter(code, wrong(code.code))
    await expect.poll(() => charged(code), { timeout: 20_000 }).toEqual({ failed: 1, won: 0 })
    expect((await code.guess(wrong(code.code))).body.attemptsLeft).toBe(3)
  })
})

/** Sends a guess over a connection of its own, and resets that at once. */
async function hangUpAfter({ path, loginId }: Pending, code: string): Promise<void> {
  const { app } = service.instances[0] as TestService['instances'][number]
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 })
  const token = await tokenOf(service, acme.client, { role: 'portal' })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  const begun = once(app.server, 'request')
  const body = JSON.stringify({ code, loginId })
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    `content-length: ${body.length}`,
    `authorization: Bearer ${token}`,
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  await begun
  socket.resetAndDestroy()
}
