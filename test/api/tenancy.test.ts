/** A portal's credentials never read or change anything of another portal, whatever the call. Generated from the OpenAPI document. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, openPortal, type TestPortal, tokenOf } from '../support/portal.ts'
import { openEmbedded, type TestService } from '../support/service.ts'

interface Operation {
  operationId: string
  'x-roles'?: string[]
}

let service: TestService
let acme: TestPortal
let intruder: TestPortal
let contactId: string
let ids: Record<string, string>

beforeAll(async () => {
  service = await openEmbedded()
  acme = await openPortal(service)
  intruder = await openPortal(service)
  contactId = fresh('only-acme-knows')
  const { factorId } = await acme.enroll(contactId)
  const challenge = await acme.challenge(contactId)
  const newcomer = fresh('newcomer')
  const start = { organizationId: 'org', loginId: fresh('login'), method: 'email', destination: 'n@example.com' }
  const { body } = await acme.portal.post(`/v1/contacts/${newcomer}/enrollments`, start)
  ids = { contactId, factorId, challengeId: challenge.id, enrollmentId: body.id }
})
afterAll(() => service.close())

const operations = (): { method: string; path: string; operation: Operation }[] => {
  const { paths } = service.openapi() as unknown as {
    paths: Record<string, Record<string, Operation>>
  }
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
}

const filled = (path: string, given: Record<string, string>) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => given[name] ?? fresh('unknown'))

/** A body that is valid for the operation, so that a refusal is about the tenant alone. */
const bodies: Record<string, object> = {
  confirmEnrollment: { code: '000000', loginId: 'login-x' },
  verifyChallenge: { code: '000000', loginId: 'login-x' },
  removeFactor: { assertion: 'a.b.c' },
  resendChallenge: {},
  resendEnrollment: {},
  resetContact: {},
}

const callAs = async (portal: TestPortal, role: string, method: string, path: string, body?: object) => {
  const more =
    role === 'portal' ? {} : role === 'master_admin' ? { subject: 'boss' } : { subject: 'boss', organization_id: 'org' }
  const token = await tokenOf(service, portal.client, { role, ...more })
  return service.request(method, path, { token, body })
}

describe('another portal', () => {
  // TEN-1
  it('meets the same 404 for what is ours as for what does not exist, on every call that names a thing', async () => {
    const unknown = {
      contactId: 'nobody-knows',
      factorId: `fct_${'0'.repeat(22)}`,
      challengeId: `chl_${'0'.repeat(22)}`,
      enrollmentId: `enr_${'0'.repeat(22)}`,
    }
    const before = await acme.masterAdmin.get(`/v1/contacts/${contactId}`)
    let tried = 0
    for (const { method, path, operation } of operations()) {
      const names =
        path.match(/\{(challengeId|enrollmentId|factorId)\}/) ||
        ['readContact', 'resetContact', 'eraseContact'].includes(operation.operationId)
      if (!names || !operation['x-roles'] || operation['x-roles'].includes('operator')) continue
      for (const role of operation['x-roles']) {
        const body = bodies[operation.operationId]
        const ours = await callAs(intruder, role, method, filled(path, ids), body)
        const none = await callAs(intruder, role, method, filled(path, unknown), body)
        const said = `${operation.operationId} as ${role}`
        // Without its step-up, removing a factor is refused before anything is looked for.
        expect([404, ...(operation.operationId === 'removeFactor' ? [403] : [])], said).toContain(ours.status)
        expect({ ...ours.body, requestId: '' }, said).toEqual({ ...none.body, requestId: '' })
        tried++
      }
    }
    expect(tried).toBeGreaterThan(10)
    expect((await acme.masterAdmin.get(`/v1/contacts/${contactId}`)).body).toEqual(before.body)
    expect((await intruder.masterAdmin.get('/v1/contacts')).body.items).toEqual([])
  })

  it('has contacts of its own under the same ids', async () => {
    expect((await intruder.decide(contactId)).body).toMatchObject({ decision: 'enroll', reason: 'not_enrolled' })
    await intruder.enroll(contactId)
    await intruder.masterAdmin.post(`/v1/contacts/${contactId}/reset`, {})
    expect((await acme.decide(contactId)).body.decision).toBe('challenge')
  })
})

describe('every protected operation', () => {
  // RESET-1, TEN-4: roles that may not, as the access list in the document says.
  it('answers 403 to every role that is not on its list, before it looks at anything', async () => {
    const tokens: [string, string][] = [
      [
        'operator',
        await tokenOf(
          service,
          { clientId: 'operator', clientSecret: 'operator-secret-of-the-tests-0123456789' },
          { role: 'operator' },
        ),
      ],
      ['portal', await tokenOf(service, acme.client)],
      [
        'organization_admin',
        await tokenOf(service, acme.client, { role: 'organization_admin', subject: 'a', organization_id: 'org' }),
      ],
      ['master_admin', await tokenOf(service, acme.client, { role: 'master_admin', subject: 'boss' })],
    ]
    let tried = 0
    for (const { method, path, operation } of operations()) {
      const roles = operation['x-roles']
      if (!roles) continue
      const url = filled(path, { ...ids, portalId: acme.portalId, clientId: `cli_${'0'.repeat(22)}` })
      expect((await service.request(method, url)).status, operation.operationId).toBe(401)
      for (const [role, token] of tokens.filter(([name]) => !roles.includes(name))) {
        const { status, body } = await service.request(method, url, { token })
        expect(`${status} ${body.code}`, `${operation.operationId} as ${role}`).toBe('403 forbidden')
        tried++
      }
    }
    expect(tried).toBeGreaterThan(40)
  })
})
