/**
 * BRUTE-4: an attacker who knows many passwords tries one code against each contact once. No contact's limit is ever
 * reached, and one in a million is right; so the portal's guesses are watched together.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { countersOf } from '../support/metrics.ts'
import { fresh, openPortal, type TestPortal } from '../support/portal.ts'
import { type Answer, openReal, type TestService } from '../support/service.ts'

let service: TestService
let acme: TestPortal
let globex: TestPortal
let member: string
let phone: string
/** What began before the attack. */
let early: { enrollment: Awaited<ReturnType<typeof enrollment>>; challenge: { id: string; codeLength: number } }

beforeAll(async () => {
  service = await openReal(2)
  acme = await openPortal(service)
  globex = await openPortal(service)
  member = fresh('member')
  phone = (await acme.enroll(member)).destination
})
afterAll(() => service.close())

async function enrollment(portal: TestPortal) {
  const [contactId, loginId] = [fresh('victim'), fresh('login')]
  const destination = `${contactId}@example.com`
  const start = { organizationId: 'org', loginId, method: 'email', destination }
  const { status, body } = await portal.portal.post(`/v1/contacts/${contactId}/enrollments`, start)
  expect(status, JSON.stringify(body)).toBe(201)
  const confirm = (code: string) =>
    portal.portal.post(`/v1/contacts/${contactId}/enrollments/${body.id}/confirm`, { code, loginId })
  const resend = () => portal.portal.post(`/v1/contacts/${contactId}/enrollments/${body.id}/resend`, {})
  return { confirm, resend, destination, codeLength: body.codeLength as number }
}

/** The code of a contact that is enrolled, by one of the calls that send it one; `view`: what is said of it. */
async function codeOf(call: Promise<Answer>, view = (body: Answer['body']) => body) {
  const { status, body } = await call
  expect(status, JSON.stringify(body)).toBeLessThan(300)
  return { ...view(body), code: await acme.codeAt(phone) } as { id: string; codeLength: number; code: string }
}

const challenge = (more: object = {}) =>
  acme.portal.post(`/v1/contacts/${member}/challenges`, { loginId: fresh('login'), ...more })

/** One wrong guess each at so many contacts. */
async function attack(contacts: number): Promise<void> {
  for (let at = 0; at < contacts; at += 10)
    await Promise.all(
      Array.from({ length: Math.min(10, contacts - at) }, async () => {
        const { confirm, codeLength } = await enrollment(acme)
        const { status } = await confirm('1'.repeat(codeLength))
        expect([200, 422]).toContain(status)
      }),
    )
}

const suspicions = async (portal: TestPortal) =>
  (await portal.masterAdmin.get('/v1/events?type=guessing_suspected')).body.items as { details: { wrong: number } }[]

it('says nothing below 200 wrong codes', async () => {
  await attack(195)
  expect(await suspicions(acme)).toEqual([])
  early = { enrollment: await enrollment(acme), challenge: await codeOf(challenge()) }
  expect([early.enrollment.codeLength, early.challenge.codeLength]).toEqual([6, 6])
})

it('tells once that a portal is being guessed at, by an event and a metric', async () => {
  // Both instances are told of half of it, so the last looks come a few guesses late.
  await attack(25)
  await expect.poll(() => suspicions(acme), { timeout: 20_000 }).toHaveLength(1)
  const [suspicion] = await suspicions(acme)
  expect(suspicion?.details.wrong).toBeGreaterThanOrEqual(200)
  await attack(30)
  expect(await suspicions(acme)).toHaveLength(1)
  const counted = await countersOf(service)
  expect(counted('mfa_guessing_suspected_total')).toBe(1)
})

it('makes new codes of that portal longer, on every instance, and of no other portal', async () => {
  for (const _ of service.instances) {
    const { confirm, destination, codeLength } = await enrollment(acme)
    expect(codeLength).toBe(8)
    const code = await acme.codeAt(destination)
    expect(code).toMatch(/^\d{8}$/)
    expect((await confirm(code)).status).toBe(200)
  }
  expect((await enrollment(globex)).codeLength).toBe(6)
  expect(await suspicions(globex)).toEqual([])
})

it('makes its codes longer at a login, with a decision, for a step-up, and again for what began before', async () => {
  service.advance(31)
  await early.enrollment.resend()
  expect(await acme.codeAt(early.enrollment.destination)).toMatch(/^\d{8}$/)
  const codes = [
    await codeOf(acme.portal.post(`/v1/contacts/${member}/challenges/${early.challenge.id}/resend`, {})),
    await codeOf(challenge()),
    await codeOf(challenge({ purpose: 'change_factor' })),
    await codeOf(acme.decide(member, fresh('login'), { sendCode: true }), ({ challenge }) => challenge),
  ]
  for (const { codeLength, code } of codes) {
    expect(codeLength).toBe(8)
    expect(code).toMatch(/^\d{8}$/)
  }
  expect(new Set(codes.map(({ code }) => code)).size).toBe(codes.length)
})

it('leaves longer codes as long as the portal wants them', async () => {
  await acme.settings({ code: { length: 10 } })
  expect((await enrollment(acme)).codeLength).toBe(10)
  await acme.settings({ code: { length: 6 } })
})

it('ends when the portal was quiet for an hour', async () => {
  service.advance(3500)
  expect((await enrollment(acme)).codeLength).toBe(8)
  service.advance(100)
  expect((await enrollment(acme)).codeLength).toBe(6)
  expect((await codeOf(challenge())).codeLength).toBe(6)
})
