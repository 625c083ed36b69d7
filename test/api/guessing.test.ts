/**
 * BRUTE-4: an attacker who knows many passwords tries one code against each contact once. No contact's limit is ever
 * reached, and one in a million is right; so the portal's guesses are watched together.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fresh, openPortal, type TestPortal } from '../support/portal.ts'
import { openReal, type TestService } from '../support/service.ts'

let service: TestService
let acme: TestPortal
let globex: TestPortal

beforeAll(async () => {
  service = await openReal(2)
  acme = await openPortal(service)
  globex = await openPortal(service)
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
  return { confirm, destination, codeLength: body.codeLength as number }
}

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

/** The sum over all instances, as a monitoring system reads it. */
async function metric(): Promise<number> {
  const pages = await Promise.all(service.instances.map(({ app }) => app.inject('/metrics')))
  return pages
    .map(({ body }) => Number(body.match(/^mfa_guessing_suspected_total (\d+)/m)?.[1] ?? 0))
    .reduce((sum, count) => sum + count, 0)
}

it('says nothing below 200 wrong codes', async () => {
  await attack(195)
  expect(await suspicions(acme)).toEqual([])
  expect((await enrollment(acme)).codeLength).toBe(6)
})

it('tells once that a portal is being guessed at, by an event and a metric', async () => {
  // Both instances are told of half of it, so the last looks come a few guesses late.
  await attack(25)
  await expect.poll(() => suspicions(acme)).toHaveLength(1)
  const [suspicion] = await suspicions(acme)
  expect(suspicion?.details.wrong).toBeGreaterThanOrEqual(200)
  await attack(30)
  expect(await suspicions(acme)).toHaveLength(1)
  expect(await metric()).toBe(1)
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

it('leaves longer codes as long as the portal wants them', async () => {
  await acme.settings({ code: { length: 10 } })
  expect((await enrollment(acme)).codeLength).toBe(10)
  await acme.settings({ code: { length: 6 } })
})

it('ends when the portal was quiet for an hour', async () => {
  service.advance(3590)
  expect((await enrollment(acme)).codeLength).toBe(8)
  service.advance(20)
  expect((await enrollment(acme)).codeLength).toBe(6)
})
