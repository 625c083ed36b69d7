/** TEN-1 over real stores: every route that a foreign portal can call, with our ids wherever an id can stand. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, openPortal, type TestPortal, tokenOf, untilMorning, wrong } from '../support/portal.ts'
import { portalFingerprint } from '../support/portal-fingerprint.ts'
import { openReal, type TestService } from '../support/service.ts'

interface Operation {
  operationId: string
  'x-roles'?: string[]
}

let service: TestService
let acme: TestPortal
let intruder: TestPortal
let contactId: string
let ours: Record<string, string>
let challenge: { id: string; loginId: string; code: string }
let assertion: string

beforeAll(async () => {
  service = await openReal(1)
  service.advance(untilMorning())
  acme = await openPortal(service, { enabled: true, optOut: { allowed: true } })
  intruder = await openPortal(service)
  contactId = fresh('only-acme-knows')
  const { factorId } = await acme.enroll(contactId)
  const proof = await acme.challenge(contactId, { purpose: 'change_factor' })
  assertion = (await acme.verify(contactId, proof, proof.code)).body.assertion
  challenge = await acme.challenge(contactId)
  await acme.portal.post(`/v1/contacts/${fresh('skipper')}/skip`, { organizationId: 'org' })
  const start = { organizationId: 'org', loginId: fresh('login'), method: 'email', destination: 'n@example.com' }
  const { body } = await acme.portal.post(`/v1/contacts/${contactId}/enrollments`, {
    ...start,
    assertion,
    loginId: proof.loginId,
  })
  const { portalId, client } = acme
  ours = { portalId, clientId: client.clientId, contactId, factorId, challengeId: challenge.id, enrollmentId: body.id }
})
afterAll(() => service.close())

const operations = () => {
  const { paths } = service.openapi() as { paths: Record<string, Record<string, Operation>> }
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, ...operation })),
  )
}

/** Bodies that are good but for naming what is ours. */
const bodies = (): Record<string, object> => ({
  decideLogin: { organizationId: 'org', loginId: fresh('login'), sendCode: true },
  startEnrollment: {
    organizationId: 'org',
    loginId: challenge.loginId,
    method: 'email',
    destination: `${fresh('x')}@example.com`,
  },
  confirmEnrollment: { code: challenge.code, loginId: challenge.loginId },
  removeFactor: { assertion },
  startChallenge: { loginId: challenge.loginId, factorId: ours.factorId },
  resendChallenge: { factorId: ours.factorId },
  verifyChallenge: { code: challenge.code, loginId: challenge.loginId },
  skipEnrollment: { organizationId: 'org' },
  enableMfa: { organizationId: 'org' },
  resetContact: { reason: 'mine now' },
  changeSettings: { displayName: 'Taken Over' },
  createPortal: { portalId: acme.portalId, displayName: 'Taken Over' },
  changePortal: { suspended: true },
  createClient: { name: 'Mine', roles: ['portal'] },
  rotateClientSecret: { retireAfterSeconds: 0 },
})

const tokenAs = (role: string) => {
  const subject = role === 'portal' ? {} : { subject: 'boss' }
  const organization = role === 'organization_admin' ? { organization_id: 'org' } : {}
  return tokenOf(service, intruder.client, { role, ...subject, ...organization })
}

const roles = ['portal', 'organization_admin', 'master_admin']
/** What a portal may do with contacts of its own, whatever they are called: then it does it there. */
const ownBusiness =
  /^(decideLogin|startEnrollment|listContacts|listEvents|readSettings|changeSettings|listMethods|skipEnrollment|enableMfa)$/

/** Where a portal is named that is not the token's. */
const naming = () => ({
  'x-portal-id': acme.portalId,
  'x-tenant-id': acme.portalId,
  'portal-id': acme.portalId,
  'x-forwarded-host': `${acme.portalId}.example.com`,
})

describe('a foreign portal', () => {
  it('TEN-1: is refused on every route that names a thing of ours, and touches no row and no key, with ids in path, query, body and header', async () => {
    const before = await portalFingerprint(service, acme.portalId)
    expect(before.size).toBeGreaterThan(12)
    const calls = operations().filter(({ 'x-roles': allowed }) => allowed)
    const isOwn = ({ operationId }: { operationId: string }) => ownBusiness.test(operationId)
    let refused = 0
    // What it may do with a contact of its own comes last: from then on it has one of that name.
    for (const call of [...calls.filter(one => !isOwn(one)), ...calls.filter(isOwn)])
      for (const role of roles) {
        const { method, path, operationId, 'x-roles': allowed = [] } = call
        const token = await tokenAs(role)
        const url = path.replace(/\{(\w+)\}/g, (_, name: string) => ours[name] ?? '')
        const body = bodies()[operationId]
        const said = `${operationId} as ${role}`
        const answer = await service.request(method, url, { token, body, headers: naming() })
        if (!isOwn(call) || !allowed.includes(role)) {
          // There is no such contact, so it is not enrolled.
          const expected = operationId === 'startChallenge' && answer.status === 409 ? [409] : [403, 404]
          expect(expected, `${said}: ${answer.status}`).toContain(answer.status)
          refused++
        }
        const named = `${url}?portalId=${acme.portalId}&portal_id=${acme.portalId}`
        expect((await service.request(method, named, { token, body })).status, said).toBeGreaterThanOrEqual(400)
        const claiming = { ...body, portalId: acme.portalId, portal_id: acme.portalId }
        if (method !== 'GET')
          expect((await service.request(method, url, { token, body: claiming })).status, said).toBeGreaterThanOrEqual(
            400,
          )
        expect(await portalFingerprint(service, acme.portalId), said).toEqual(before)
      }
    expect(refused).toBeGreaterThan(60)
  })

  it('TEN-1: has no use for our step-up, our token form or our keys', async () => {
    const before = await portalFingerprint(service, acme.portalId)
    await intruder.enroll(contactId)
    const start = {
      organizationId: 'org',
      loginId: challenge.loginId,
      method: 'email',
      destination: 'thief@example.com',
    }
    expect(await intruder.portal.post(`/v1/contacts/${contactId}/enrollments`, { ...start, assertion })).toMatchObject({
      status: 403,
      body: { code: 'step_up_required' },
    })
    const token = await tokenOf(service, intruder.client, { portal_id: acme.portalId, portalId: acme.portalId })
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    expect(claims.portal_id).toBe(intruder.portalId)
    expect(await portalFingerprint(service, acme.portalId)).toEqual(before)
  })

  it('TEN-1: leaves everything as good as it was, and a change of our own would be seen', async () => {
    const before = await portalFingerprint(service, acme.portalId)
    expect((await acme.verify(contactId, challenge, wrong(challenge.code))).body).toMatchObject({ attemptsLeft: 4 })
    expect((await portalFingerprint(service, acme.portalId)).hash).not.toBe(before.hash)
    expect((await acme.verify(contactId, challenge, challenge.code)).status).toBe(200)
  })
})
