/** A portal back end as the handbook's reader would write it: tokens per role, and the steps of a login. */
import { expect } from 'vitest'
import { type Answer, OPERATOR_SECRET, type TestService } from './service.ts'

/** What a portal's back end reaches of a service, and what its contacts receive. */
export type Reach = Pick<TestService, 'request' | 'messages'>

export interface Api {
  get(path: string): Promise<Answer>
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  patch(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
  put(path: string, body: unknown): Promise<Answer>
  delete(path: string, body?: unknown): Promise<Answer>
}

export interface TestPortal {
  portalId: string
  client: { clientId: string; clientSecret: string }
  operator: Api
  portal: Api
  masterAdmin: Api
  /** An admin of one organization. */
  organizationAdmin(organizationId: string, subject?: string): Promise<Api>
  as(role: string, more?: Record<string, string>): Promise<Api>
  settings(patch: unknown): Promise<Answer>
  /** The newest code sent to a destination. */
  codeAt(destination: string): Promise<string>
  decide(contactId: string, loginId?: string, more?: object): Promise<Answer>
  /** Enrolls a contact; the factor's id and destination. */
  enroll(
    contactId: string,
    given?: { destination?: string; method?: string; loginId?: string; assertion?: string },
  ): Promise<{ factorId: string; destination: string; assertion: string }>
  /** Starts a challenge; its id, login and code. */
  challenge(
    contactId: string,
    given?: { loginId?: string; purpose?: string; factorId?: string },
  ): Promise<{ id: string; loginId: string; code: string }>
  verify(
    contactId: string,
    challenge: { id: string; loginId: string },
    code: string,
    headers?: Record<string, string>,
  ): Promise<Answer>
}

let drawn = 0
export const fresh = (prefix: string): string => `${prefix}-${(drawn++).toString().padStart(6, '0')}`

/** Seconds from now until one o'clock UTC: what a portal's day holds is forgotten at midnight, and not within a test. */
export const untilMorning = (): number => 90_000 - (Math.floor(Date.now() / 1000) % 86_400)

const AREAS = [201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228]

/** A US mobile number that no other test uses; twenty in a row lie in twenty blocks of numbers, for the limit per block. */
export function freshNumber(): string {
  const at = drawn++
  return `+1${AREAS[at % AREAS.length]}555${1000 + (Math.floor(at / AREAS.length) % 9000)}`
}

/** A code of six digits that is not this one. */
export const wrong = (code: string): string => String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0')

const form = { 'content-type': 'application/x-www-form-urlencoded' }

export async function tokenOf(
  service: Reach,
  client: { clientId: string; clientSecret: string },
  more: Record<string, string> = {},
): Promise<string> {
  const basic = Buffer.from(`${client.clientId}:${client.clientSecret}`).toString('base64')
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...more }).toString()
  const answer = await service.request('POST', '/oauth/token', {
    body,
    headers: { ...form, authorization: `Basic ${basic}` },
  })
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  return answer.body.access_token
}

export const apiWith = (service: Reach, token: string): Api => ({
  get: path => service.request('GET', path, { token }),
  post: (path, body, headers = {}) => service.request('POST', path, { token, body, headers }),
  patch: (path, body, headers = {}) => service.request('PATCH', path, { token, body, headers }),
  put: (path, body) => service.request('PUT', path, { token, body }),
  delete: (path, body) => service.request('DELETE', path, { token, body }),
})

/** A new portal with its own client; MFA is on unless `settings` says otherwise. */
export async function openPortal(
  service: Reach,
  settings: object = { enabled: true },
  limits: object = {},
): Promise<TestPortal> {
  const portalId = fresh('portal')
  const operator = apiWith(
    service,
    await tokenOf(service, { clientId: 'operator', clientSecret: OPERATOR_SECRET }, { role: 'operator' }),
  )
  const made = await operator.post('/v1/portals', { portalId, displayName: 'Acme Client Portal', limits })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  const roles = ['portal', 'organization_admin', 'master_admin']
  const { body: client } = await operator.post(`/v1/portals/${portalId}/clients`, { name: 'Back end', roles })
  const as = async (role: string, more: Record<string, string> = {}) =>
    apiWith(service, await tokenOf(service, client, { role, ...more }))
  const portal = await as('portal')
  const masterAdmin = await as('master_admin', { subject: 'boss' })
  const change = (patch: unknown) => masterAdmin.patch('/v1/settings', patch)
  expect((await change(settings)).status).toBe(200)

  const codeAt = async (destination: string): Promise<string> => {
    const message = (await service.messages()).find(({ to }) => to === destination)
    return message?.text.match(/\b\d{6,10}\b/)?.[0] ?? 'no code'
  }
  return {
    portalId,
    client,
    operator,
    portal,
    masterAdmin,
    as,
    organizationAdmin: (organizationId, subject = 'org-boss') =>
      as('organization_admin', { subject, organization_id: organizationId }),
    settings: change,
    codeAt,
    decide: (contactId, loginId = fresh('login'), more = {}) =>
      portal.post(`/v1/contacts/${contactId}/logins`, { organizationId: 'org', loginId, ...more }),
    async enroll(contactId, { destination = freshNumber(), method = 'sms', loginId = fresh('login'), assertion } = {}) {
      const started = await portal.post(`/v1/contacts/${contactId}/enrollments`, {
        organizationId: 'org',
        loginId,
        method,
        destination,
        ...(assertion ? { assertion } : {}),
      })
      expect(started.status, JSON.stringify(started.body)).toBe(201)
      const path = `/v1/contacts/${contactId}/enrollments/${started.body.id}/confirm`
      const confirmed = await portal.post(path, { code: await codeAt(destination), loginId })
      expect(confirmed.status, JSON.stringify(confirmed.body)).toBe(200)
      return { factorId: confirmed.body.factor.factorId, destination, assertion: confirmed.body.assertion }
    },
    async challenge(contactId, { loginId = fresh('login'), ...more } = {}) {
      const started = await portal.post(`/v1/contacts/${contactId}/challenges`, { loginId, ...more })
      expect(started.status, JSON.stringify(started.body)).toBe(201)
      const message = (await service.messages())[0]
      return { id: started.body.id, loginId, code: message?.text.match(/\b\d{6,10}\b/)?.[0] ?? 'no code' }
    },
    verify: (contactId, { id, loginId }, code, headers = {}) =>
      portal.post(`/v1/contacts/${contactId}/challenges/${id}/verify`, { code, loginId }, headers),
  }
}
