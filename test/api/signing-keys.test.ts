/** JWT-7: keys of assertions change while several instances sign, and whoever keeps a JWKS for a day never meets an unknown one. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fresh, openPortal, type TestPortal } from '../support/portal.ts'
import { openReal, type TestService } from '../support/service.ts'

const HOUR = 3600
const STEP_HOURS = 6

let service: TestService
let acme: TestPortal
beforeAll(async () => {
  service = await openReal(2)
  acme = await openPortal(service)
})
afterAll(() => service.close())

/** Key ids in the JWKS of one of the instances. */
const published = async (): Promise<string[]> =>
  (await service.request('GET', '/.well-known/jwks.json')).body.keys.map(({ kid }: { kid: string }) => kid)

async function signedWith(): Promise<string> {
  const contactId = fresh('signed')
  const { assertion } = await acme.enroll(contactId, { method: 'email', destination: `${contactId}@example.com` })
  return JSON.parse(Buffer.from(assertion.split('.')[0] ?? '', 'base64url').toString()).kid
}

it('signs with no key that a JWKS of the last 24 hours, from whichever instance, does not have', async () => {
  const copies: string[][] = []
  const signing: string[] = []
  service.advance(29 * 24 * HOUR)
  for (let hours = 0; hours < 5 * 24; hours += STEP_HOURS) {
    // One instance at a time looks at the ring, so that one always lags behind the other.
    await service.instances[(hours / STEP_HOURS) % 2]?.runJobs()
    copies.push(await published(), await published())
    for (const _ of service.instances) {
      const kid = await signedWith()
      signing.push(kid)
      for (const copy of copies.slice((-2 * 24) / STEP_HOURS)) expect(copy).toContain(kid)
    }
    service.advance(STEP_HOURS * HOUR)
  }
  expect(new Set(signing).size).toBe(2)
  expect(copies[0]).toEqual([signing[0]])
  expect(copies.at(-1)).toEqual([signing.at(-1)])
})

it('lets a JWKS be kept for five minutes', async () => {
  const { headers } = await service.request('GET', '/.well-known/jwks.json')
  expect(headers['cache-control']).toBe('public, max-age=300')
})
