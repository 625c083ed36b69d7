/** SNS or SES fails in every way: 502 where nothing was accepted, `unknown` where that is not known, and nothing else is harmed. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Behaviour } from '../support/aws-query-server.ts'
import type { ServiceBehindProxies } from '../support/behind-proxies.ts'
import type { Fault } from '../support/fault-proxy.ts'
import { fresh, freshNumber, openPortal, type TestPortal, untilMorning } from '../support/portal.ts'
import { heal, mustGoOn, mustSendAnew } from './after-fault.ts'
import type { Scene } from './calls.ts'
import { healthy } from './outcomes.ts'
import { enrolled, portalSettings } from './pending.ts'
import { mustBeInTime, openWarm, underFault } from './under-fault.ts'

const DEADLINE_MS = 3000

let service: ServiceBehindProxies
beforeAll(async () => {
  service = await openWarm(20_000)
  service.advance(untilMorning())
})
afterEach(() => heal(service))
afterAll(() => service.close())

/** What each call that sends over this provider answers; `sendCode` never costs the decision. */
const answering = {
  sns: (sent: string, resent: string, inDecision: string) => ({
    ...healthy,
    'decide: sendCode': `200 challenge ${inDecision}`,
    'start enrollment': sent,
    'resend enrollment': resent,
    'start challenge': sent,
    'start challenge, with key': sent,
    'resend challenge': resent,
  }),
  ses: (sent: string) => ({ ...healthy, 'start enrollment, email': sent, 'start challenge, email': sent }),
}
const changed = (outcomes: Record<string, string>): number =>
  Object.entries(outcomes).filter(([call, outcome]) => outcome !== healthy[call as keyof typeof healthy]).length

const providers = ['sns', 'ses'] as const
type Provider = (typeof providers)[number]
const rowsOf = <Row extends unknown[]>(rows: Row[]): [Provider, ...Row][] =>
  providers.flatMap(provider => rows.map((row): [Provider, ...Row] => [provider, ...row]))

async function strike(provider: Provider, broken: Fault | Behaviour): Promise<void> {
  const proxy = service.proxies[provider]
  if (typeof broken !== 'object' || !('kind' in broken)) return service.providers[provider].behave(broken)
  // What goes out over a connection that stands is as unknown as in a black hole: here none does.
  if (broken.kind === 'unreachable') await proxy.fail({ kind: 'refuse' })
  await proxy.fail(broken)
}

const refusals: [string, Fault | Behaviour, promisedMs: number][] = [
  ['refuses connections', { kind: 'refuse' }, 0],
  ['throttles', { status: 400, code: 'Throttling', message: 'Rate exceeded' }, 0],
  ['does not know us', { status: 403, code: 'InvalidClientTokenId', message: 'The security token is invalid' }, 0],
]
const unreachable: (typeof refusals)[number] = ['cannot be reached', { kind: 'unreachable' }, DEADLINE_MS]

describe('the provider provably accepts nothing', () => {
  it.each(rowsOf([...refusals, unreachable]))(
    '%s %s: 502 in time, nothing sent, the rest works',
    async (provider, _, broken, promisedMs) => {
      const outcome = await underFault(service, () => strike(provider, broken))
      const refused = answering[provider]('502 delivery_failed', '502 delivery_failed', 'delivery_failed')
      expect(outcome.outcomes).toEqual(refused)
      await mustGoOn(service, outcome, 0)
      if (provider === 'sns') await mustSendAnew(outcome)
      await mustBeInTime(service, outcome, () => promisedMs)
    },
  )
})

/** How many of the messages over the failing provider arrive there all the same. */
const silences: [string, Fault | Behaviour, promisedMs: number, arrive: 'none' | 'all' | 'late'][] = [
  ['is a black hole', { kind: 'black hole' }, DEADLINE_MS, 'none'],
  ['hears nothing', { kind: 'half-open', lost: 'requests' }, DEADLINE_MS, 'none'],
  ['accepts, unheard', { kind: 'half-open', lost: 'answers' }, DEADLINE_MS, 'all'],
  ['resets connections', { kind: 'reset' }, 0, 'none'],
  ['hangs up late', { kind: 'slow close', ms: 500 }, 500, 'none'],
  ['is slower than its deadline', { kind: 'latency', ms: 4000 }, DEADLINE_MS, 'late'],
  ['breaks while it works', { status: 500, code: 'InternalFailure', message: 'Oops' }, 0, 'all'],
]

describe('nobody knows what the provider has accepted', () => {
  it.each(rowsOf(silences))(
    '%s %s: `unknown` in time, sent once or not at all, the rest works',
    async (provider, ...row) => {
      const [, broken, promisedMs, arrive] = row
      const outcome = await underFault(service, () => strike(provider, broken))
      const unknown = answering[provider]('201 unknown', '200 unknown', 'unknown')
      expect(outcome.outcomes).toEqual(unknown)
      const overTheOther = changed(answering[provider === 'sns' ? 'ses' : 'sns']('x', 'x', 'x'))
      if (arrive === 'none') expect(outcome.sent()).toBe(overTheOther)
      if (arrive === 'all') expect(outcome.sent()).toBe(overTheOther + changed(unknown))
      if (arrive === 'late')
        await vi.waitFor(() => expect(outcome.sent()).toBe(overTheOther + changed(unknown)), { timeout: 20_000 })
      await mustGoOn(service, outcome, 0)
      if (provider === 'sns') await mustKnowTheStarted(outcome, arrive === 'all')
      await mustBeInTime(service, outcome, () => promisedMs)
    },
  )

  /** The same login goes on with the challenge whose code may have arrived; no second code goes out. */
  async function mustKnowTheStarted({ acme, calls }: Scene, arrived: boolean) {
    const { contactId, loginId, destination } = calls.beginner
    const before = service.sends()
    const started = await acme.portal.post(`/v1/contacts/${contactId}/challenges`, { loginId })
    expect(started).toMatchObject({ status: 200, body: { delivery: { status: 'unknown' } } })
    expect(service.sends()).toBeLessThanOrEqual(before + 1)
    if (!arrived) return
    const challenge = { id: started.body.id, loginId }
    expect((await acme.verify(contactId, challenge, await acme.codeAt(destination))).status).toBe(200)
  }
})

describe('what was reserved', () => {
  // The day of the portal has room for two enrollments and five logins; a contact and its factor for five logins in 10 minutes.
  const limits = { dailyMessagesMax: 7 }
  const start = (acme: TestPortal, contactId: string) =>
    acme.portal.post(`/v1/contacts/${contactId}/challenges`, { loginId: fresh('login') })

  it.each(refusals)(
    'is given back when SNS %s: the budgets of factor, contact and day are as before',
    async (_, broken) => {
      const acme = await openPortal(service, portalSettings, limits)
      const [{ contactId }, other] = [await enrolled(acme), await enrolled(acme)]
      await strike('sns', broken)
      for (let at = 0; at < 12; at++) expect((await start(acme, contactId)).body.code).toBe('delivery_failed')
      await heal(service)
      for (let at = 0; at < 5; at++) expect((await start(acme, contactId)).status).toBe(201)
      expect(await start(acme, contactId)).toMatchObject({ status: 429, body: { limit: 'destination' } })
      expect(await start(acme, other.contactId)).toMatchObject({ status: 429, body: { limit: 'portal_day' } })
    },
  )

  it.each(refusals)(
    'is given back when SNS %s: the budgets of a new number and its block are as before',
    async (_, broken) => {
      const acme = await openPortal(service, portalSettings)
      const [contactId, destination] = [fresh('contact'), freshNumber()]
      const start = () =>
        acme.portal.post(`/v1/contacts/${contactId}/enrollments`, {
          organizationId: 'org',
          loginId: fresh('login'),
          method: 'sms',
          destination,
        })
      await strike('sns', broken)
      for (let at = 0; at < 25; at++) expect((await start()).body.code).toBe('delivery_failed')
      await heal(service)
      for (let at = 0; at < 5; at++) expect((await start()).status).toBe(201)
      expect(await start()).toMatchObject({ status: 429, body: { limit: 'destination' } })
    },
  )

  it('is kept after a time-out, since the message may have gone out', async () => {
    const acme = await openPortal(service, portalSettings)
    const { contactId } = await enrolled(acme)
    await strike('sns', { kind: 'reset' })
    for (let at = 0; at < 5; at++) expect((await start(acme, contactId)).body.delivery.status).toBe('unknown')
    await heal(service)
    expect(await start(acme, contactId)).toMatchObject({ status: 429, body: { limit: 'destination' } })
  })

  it('is given back when the destination refuses, and the contact is asked for another', async () => {
    const acme = await openPortal(service, portalSettings)
    const { contactId } = await enrolled(acme)
    await strike('sns', { status: 400, code: 'OptedOut', message: 'Phone number is opted out' })
    for (let at = 0; at < 7; at++)
      expect(await start(acme, contactId)).toMatchObject({ status: 422, body: { code: 'destination_unreachable' } })
    await heal(service)
    for (let at = 0; at < 5; at++) expect((await start(acme, contactId)).status).toBe(201)
  })
})
