/** Contacts with a factor, and codes on their way to them. */
import { expect } from 'vitest'
import { fresh, freshNumber, type TestPortal } from '../support/portal.ts'
import type { Answer } from '../support/service.ts'

/** A code on its way, of a challenge or an enrollment. */
export interface Pending {
  contactId: string
  destination: string
  id: string
  loginId: string
  code: string
}

/** A portal with everything allowed that the calls need. */
export const portalSettings = { enabled: true, optOut: { allowed: true }, sms: { allowedCountries: ['US'] } }

export const path = (contactId: string, ...more: string[]) => ['/v1/contacts', contactId, ...more].join('/')
export const startOf = (method: string, destination: string, loginId = fresh('login')) => ({
  organizationId: 'org',
  loginId,
  method,
  destination,
})

export async function enrolled(acme: TestPortal, given: { destination?: string; method?: string } = {}) {
  const contactId = fresh('contact')
  return { contactId, ...(await acme.enroll(contactId, given)) }
}

export async function challenged(acme: TestPortal, method = 'sms'): Promise<Pending> {
  const given = method === 'email' ? { method, destination: `${fresh('mail')}@example.com` } : {}
  const { contactId, destination } = await enrolled(acme, given)
  const { id, loginId } = await acme.challenge(contactId)
  return { contactId, destination, id, loginId, code: await acme.codeAt(destination) }
}

export async function enrolling(acme: TestPortal, method = 'sms'): Promise<Pending> {
  const [contactId, loginId] = [fresh('contact'), fresh('login')]
  const destination = method === 'email' ? `${fresh('mail')}@example.com` : freshNumber()
  const start = startOf(method, destination, loginId)
  const started = await acme.portal.post(path(contactId, 'enrollments'), start)
  expect(started).toMatchObject({ status: 201, body: { delivery: { status: 'sent' } } })
  return { contactId, destination, id: started.body.id, loginId, code: await acme.codeAt(destination) }
}

export const confirm = (acme: TestPortal, { contactId, id, loginId }: Pending, code: string): Promise<Answer> =>
  acme.portal.post(path(contactId, 'enrollments', id, 'confirm'), { code, loginId })
