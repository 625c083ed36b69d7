/** One call of every kind, made ready while all is well and made at once while something is down; and what each answers. */
import { setTimeout as wait } from 'node:timers/promises'
import { fresh, freshNumber, type TestPortal, wrong } from '../support/portal.ts'
import type { Answer, TestService } from '../support/service.ts'

/** What each call answers when all is well: status, and the word that tells what happened. */
export const healthy = {
  'decide: newcomer': '200 enroll',
  'decide: enrolled': '200 challenge',
  'decide: sendCode': '200 challenge sent',
  'start enrollment': '201 sent',
  'start enrollment, email': '201 sent',
  'resend enrollment': '200 sent',
  confirm: '200',
  'start challenge': '201 sent',
  'start challenge, email': '201 sent',
  'start challenge, with key': '201 sent',
  'resend challenge': '200 sent',
  'read challenge': '200 sent',
  'verify right': '200 verified',
  'verify wrong': '422 code_incorrect',
  'verify right, with key': '200 verified',
  skip: '200',
  enable: '200 enroll',
  'read settings': '200',
  'change settings': '200',
  reset: '200',
  'read contact': '200 enrolled',
  'read events': '200',
  'read portal': '200',
  token: '200',
  'read keys': '200',
}

/** What is left without Redis. */
export const redisDown = {
  ...healthy,
  'decide: sendCode': '200 challenge unavailable',
  'start enrollment': '503 unavailable',
  'start enrollment, email': '503 unavailable',
  'resend enrollment': '503 unavailable',
  confirm: '503 unavailable',
  'start challenge': '503 unavailable',
  'start challenge, email': '503 unavailable',
  'start challenge, with key': '503 unavailable',
  'resend challenge': '503 unavailable',
  'read challenge': '503 unavailable',
  'verify right': '503 unavailable',
  'verify wrong': '503 unavailable',
  'verify right, with key': '503 unavailable',
}

export type CallName = keyof typeof healthy

export interface Challenge {
  contactId: string
  destination: string
  id: string
  loginId: string
  code: string
}

export interface Calls {
  run: Record<CallName, () => Promise<Answer>>
  /** Whose code is sent right, whose wrong, which gets another code, and whose login begins, in the calls of these names. */
  right: Challenge
  wrong: Challenge
  again: Challenge
  beginner: { contactId: string; destination: string; loginId: string }
}

/** A portal with everything allowed that the calls need. */
export const portalSettings = { enabled: true, optOut: { allowed: true }, sms: { allowedCountries: ['US'] } }

const path = (contactId: string, ...more: string[]) => ['/v1/contacts', contactId, ...more].join('/')
const startOf = (method: string, destination: string, loginId = fresh('login')) => ({
  organizationId: 'org',
  loginId,
  method,
  destination,
})

export async function enrolled(acme: TestPortal, given: { destination?: string; method?: string } = {}) {
  const contactId = fresh('contact')
  return { contactId, ...(await acme.enroll(contactId, given)) }
}

export async function challenged(acme: TestPortal, method = 'sms'): Promise<Challenge> {
  const given = method === 'email' ? { method, destination: `${fresh('mail')}@example.com` } : {}
  const { contactId, destination } = await enrolled(acme, given)
  const { id, loginId } = await acme.challenge(contactId)
  return { contactId, destination, id, loginId, code: await acme.codeAt(destination) }
}

async function enrolling(acme: TestPortal) {
  const [contactId, destination, loginId] = [fresh('contact'), freshNumber(), fresh('login')]
  const { body } = await acme.portal.post(path(contactId, 'enrollments'), startOf('sms', destination, loginId))
  return { at: path(contactId, 'enrollments', body.id), loginId, code: await acme.codeAt(destination) }
}

export async function prepareCalls(service: TestService, acme: TestPortal): Promise<Calls> {
  const right = await challenged(acme)
  const wronged = await challenged(acme)
  const again = await challenged(acme)
  const beginner = { ...(await enrolled(acme)), loginId: fresh('login') }
  const login = await loginCalls(acme)
  const codes = await codeCalls(acme, { right, wrong: wronged, again, beginner })
  const others = await otherCalls(service, acme)
  // From now on every code may be sent anew.
  service.advance(31)
  return { run: { ...login, ...codes, ...others }, right, wrong: wronged, again, beginner }
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

async function codeCalls(acme: TestPortal, { right, wrong: wronged, again, beginner }: Omit<Calls, 'run'>) {
  const { post, get } = acme.portal
  const mail = await challenged(acme, 'email')
  const [keyed, started] = [await challenged(acme), await enrolled(acme)]
  const [pending, resent] = [await enrolling(acme), await enrolling(acme)]
  const key = () => ({ 'idempotency-key': fresh('click') })
  const start = (method: string, destination: string) =>
    post(path(fresh('contact'), 'enrollments'), startOf(method, destination))
  return {
    'start enrollment': () => start('sms', freshNumber()),
    'start enrollment, email': () => start('email', `${fresh('mail')}@example.com`),
    'resend enrollment': () => post(`${resent.at}/resend`),
    confirm: () => post(`${pending.at}/confirm`, { code: pending.code, loginId: pending.loginId }),
    'start challenge': () => post(path(beginner.contactId, 'challenges'), { loginId: beginner.loginId }),
    'start challenge, email': () => post(path(mail.contactId, 'challenges'), { loginId: fresh('login') }),
    'start challenge, with key': () => post(path(started.contactId, 'challenges'), { loginId: fresh('login') }, key()),
    'resend challenge': () => post(path(again.contactId, 'challenges', again.id, 'resend')),
    'read challenge': () => get(path(wronged.contactId, 'challenges', wronged.id)),
    'verify right': () => acme.verify(right.contactId, right, right.code),
    'verify wrong': () => acme.verify(wronged.contactId, wronged, wrong(wronged.code)),
    'verify right, with key': () => acme.verify(keyed.contactId, keyed, keyed.code, key()),
  }
}

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

export interface Told {
  /** As in {@link healthy}. */
  outcomes: Record<string, string>
  /** ms that each call took. */
  took: Record<string, number>
  answers: Record<CallName, Answer>
}

/** ms between two calls, so that they wait together and not for this process. */
const APART_MS = 20

/** Makes all calls, each before the answers of the others. */
export async function runCalls({ run }: Calls): Promise<Told> {
  const told: Told = { outcomes: {}, took: {}, answers: {} as Told['answers'] }
  const ran = Object.entries(run).map(async ([name, call], index) => {
    await wait(index * APART_MS)
    const begun = performance.now()
    const answer = await call()
    told.took[name] = performance.now() - begun
    told.outcomes[name] = outcomeOf(answer)
    told.answers[name as CallName] = answer
  })
  await Promise.all(ran)
  return told
}

function outcomeOf({ status, body }: Answer): string {
  const problem = typeof body?.code === 'string' && body.code
  const word = problem || (body?.decision ?? body?.delivery?.status)
  const proved = body?.assertion && body.status
  const sent = body?.sendError?.code ?? body?.challenge?.delivery?.status
  return [status, word ?? proved ?? shownStatus(body), sent].filter(Boolean).join(' ')
}

/** Of a contact, as "Organization Details" shows it. */
const shownStatus = (body: { contactId?: string; status?: string } | undefined) => body?.contactId && body.status
