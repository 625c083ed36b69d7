/** One call of every kind, made ready while all is well. */
import { vi } from 'vitest'
import { fresh, freshNumber, openPortal, type TestPortal, wrong } from '../support/portal.ts'
import type { Answer, TestService } from '../support/service.ts'
import type { CallName } from './outcomes.ts'
import { challenged, confirm, enrolled, enrolling, type Pending, path, portalSettings, startOf } from './pending.ts'

/** Whose code is sent right, whose wrong, and which gets another code, in the calls of these names. */
interface Codes {
  right: Pending
  wrong: Pending
  again: Pending
}

export interface Calls {
  run: Record<CallName, () => Promise<Answer>>
  challenges: Codes
  enrollments: Codes
  /** Whose login begins in the call of this name. */
  beginner: { contactId: string; destination: string; loginId: string }
}

/** A portal, and what is pending in it when something fails. */
export interface Scene {
  acme: TestPortal
  calls: Calls
}

const newKey = () => ({ 'idempotency-key': fresh('click') })

const codesOf = async (pending: () => Promise<Pending>): Promise<Codes> => ({
  right: await pending(),
  wrong: await pending(),
  again: await pending(),
})

/** Patiently: deadlines of production are easily missed where a machine has much else to do. */
export const prepareScene = (service: TestService): Promise<Scene> =>
  vi.waitFor(
    async () => {
      const acme = await openPortal(service, portalSettings)
      return { acme, calls: await prepareCalls(service, acme) }
    },
    { timeout: 30_000, interval: 100 },
  )

async function prepareCalls(service: TestService, acme: TestPortal): Promise<Calls> {
  const challenges = await codesOf(() => challenged(acme))
  const enrollments = await codesOf(() => enrolling(acme))
  const beginner = { ...(await enrolled(acme)), loginId: fresh('login') }
  const run = {
    ...(await loginCalls(acme)),
    ...(await startCalls(acme, beginner)),
    ...(await challengeCalls(acme, challenges)),
    ...enrollmentCalls(acme, enrollments),
    ...(await otherCalls(service, acme)),
  }
  // From now on every code may be sent anew.
  service.advance(31)
  return { run, challenges, enrollments, beginner }
}

async function loginCalls(acme: TestPortal) {
  const [plain, eager, skipper] = [await enrolled(acme), await enrolled(acme), fresh('contact')]
  await acme.portal.post(path(skipper, 'skip'), { organizationId: 'org' })
  const newcomer = fresh('contact')
  return {
    'decide: newcomer': () => acme.decide(newcomer),
    'decide: enrolled': () => acme.decide(plain.contactId),
    'decide: sendCode': () => acme.decide(eager.contactId, fresh('login'), { sendCode: true }),
    skip: () => acme.portal.post(path(fresh('contact'), 'skip'), { organizationId: 'org' }),
    enable: () => acme.portal.post(path(skipper, 'enable'), { organizationId: 'org' }),
  }
}

async function startCalls(acme: TestPortal, beginner: Calls['beginner']) {
  const [mail, started] = [await challenged(acme, 'email'), await enrolled(acme)]
  const enroll = (method: string, destination: string) =>
    acme.portal.post(path(fresh('contact'), 'enrollments'), startOf(method, destination))
  const challenge = (contactId: string, loginId = fresh('login'), headers = {}) =>
    acme.portal.post(path(contactId, 'challenges'), { loginId }, headers)
  return {
    'start enrollment': () => enroll('sms', freshNumber()),
    'start enrollment, email': () => enroll('email', `${fresh('mail')}@example.com`),
    'start challenge': () => challenge(beginner.contactId, beginner.loginId),
    'start challenge, email': () => challenge(mail.contactId),
    'start challenge, with key': () => challenge(started.contactId, fresh('login'), newKey()),
  }
}

async function challengeCalls(acme: TestPortal, { right, wrong: wronged, again }: Codes) {
  const keyed = await challenged(acme)
  return {
    'resend challenge': () => acme.portal.post(path(again.contactId, 'challenges', again.id, 'resend')),
    'read challenge': () => acme.portal.get(path(wronged.contactId, 'challenges', wronged.id)),
    'verify right': () => acme.verify(right.contactId, right, right.code),
    'verify wrong': () => acme.verify(wronged.contactId, wronged, wrong(wronged.code)),
    'verify right, with key': () => acme.verify(keyed.contactId, keyed, keyed.code, newKey()),
  }
}

const enrollmentCalls = (acme: TestPortal, { right, wrong: wronged, again }: Codes) => ({
  'resend enrollment': () => acme.portal.post(path(again.contactId, 'enrollments', again.id, 'resend')),
  'confirm right': () => confirm(acme, right, right.code),
  'confirm wrong': () => confirm(acme, wronged, wrong(wronged.code)),
})

async function otherCalls(service: TestService, acme: TestPortal) {
  const [lost, shown] = [await enrolled(acme), await enrolled(acme)]
  const basic = Buffer.from(`${acme.client.clientId}:${acme.client.clientSecret}`).toString('base64')
  const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${basic}` }
  return {
    'read settings': () => acme.masterAdmin.get('/v1/settings'),
    'change settings': () => acme.settings({ autofillDomain: 'example.com' }),
    reset: () => acme.masterAdmin.post(path(lost.contactId, 'reset'), {}),
    'read contact': () => acme.portal.get(path(shown.contactId)),
    'read events': () => acme.masterAdmin.get('/v1/events'),
    'read portal': () => acme.operator.get(`/v1/portals/${acme.portalId}`),
    token: () => service.request('POST', '/oauth/token', { body: 'grant_type=client_credentials', headers }),
    'read keys': () => service.request('GET', '/.well-known/jwks.json'),
  }
}
