/** One row of the matrix: a portal, a dependency that fails, every call at once, and what must hold when it works again. */
import { expect, vi } from 'vitest'
import { openBehindProxies, type ServiceBehindProxies } from '../support/behind-proxies.ts'
import { openPortal, type TestPortal, wrong } from '../support/portal.ts'
import { type Calls, healthy, portalSettings, prepareCalls, runCalls, type Told } from './calls.ts'

/** ms added to the sum of the deadlines, as promised; and what this machine may need, in working calls of the slowest kind. */
const PROMISED_MARGIN_MS = 500
const SLOWEST_CALLS = 3
const RECOVERY_MS = 10_000

export interface Outcome extends Told {
  acme: TestPortal
  calls: Calls
  marginMs: number
  /** Messages that have reached a provider since the fault began. */
  sent(): number
}

export interface WarmService extends ServiceBehindProxies {
  /** ms that a call may take above the deadlines of what it uses. */
  marginMs: number
}

/**
 * With every connection in place, so that the first row has no more to do than the others. `deadlineMs`: of PostgreSQL and
 * Redis, where a busy machine is not what the rows are about; null: those of production.
 */
export async function openWarm(deadlineMs: number | null): Promise<WarmService> {
  const service = await openBehindProxies(2, deadlineMs)
  const marginMs = await vi.waitFor(
    async () => {
      const acme = await openPortal(service, portalSettings)
      const { outcomes, took } = await runCalls(await prepareCalls(service, acme))
      expect(outcomes).toEqual(healthy)
      return marginOver(Math.max(...Object.values(took)))
    },
    { timeout: 60_000 },
  )
  return { ...service, marginMs }
}

export const marginOver = (slowestMs: number): number => PROMISED_MARGIN_MS + SLOWEST_CALLS * slowestMs

/** `strike` breaks something; {@link heal} ends it. */
export async function underFault(service: WarmService, strike: () => unknown): Promise<Outcome> {
  const acme = await openPortal(service, portalSettings)
  const calls = await prepareCalls(service, acme)
  const before = service.sends()
  await strike()
  const told = await runCalls(calls)
  return { acme, calls, ...told, marginMs: service.marginMs, sent: () => service.sends() - before }
}

/** No call took longer than was promised for it. */
export function mustBeInTime({ took, marginMs }: Outcome, promisedMs: (call: string) => number): void {
  const late = Object.entries(took).filter(([call, ms]) => ms > promisedMs(call) + marginMs)
  expect(late).toEqual([])
}

/** Every `unavailable` says when to come again. */
export function mustSayWhen({ answers }: Told): void {
  for (const [call, { status, headers, body }] of Object.entries(answers))
    if (status === 503) expect([call, headers['retry-after']]).toEqual([call, `${body.retryAfterSeconds}`])
}

/** ENUM-1: as long as no verdict can be kept, right and wrong look the same. */
export function mustLookTheSame({ answers }: Told): void {
  const [right, wronged] = [answers['verify right'], answers['verify wrong']].map(({ status, body, headers }) => ({
    status,
    body: { ...body, requestId: '' },
    headers: Object.keys(headers),
    retryAfter: headers['retry-after'],
  }))
  expect(right).toEqual(wronged)
}

/** Everything works again. */
export async function heal({ proxies, providers }: ServiceBehindProxies): Promise<void> {
  for (const proxy of Object.values(proxies)) await proxy.heal()
  for (const provider of Object.values(providers)) provider.behave('accept')
}

/** Every instance notices by itself that everything works again. */
export async function mustRecover(service: ServiceBehindProxies, { acme }: { acme: TestPortal }): Promise<void> {
  await heal(service)
  await vi.waitFor(
    async () => {
      for (const { app } of service.instances) expect((await app.inject('/health/ready')).statusCode).toBe(200)
      for (const _ of service.instances) expect((await acme.decide('anybody')).status).toBe(200)
    },
    { timeout: RECOVERY_MS, interval: 100 },
  )
}

const counted = async (acme: TestPortal, contactId: string, type: string): Promise<number> =>
  (await acme.masterAdmin.get(`/v1/events?contactId=${contactId}&type=${type}`)).body.items.length

/** A start that failed has left nothing behind that keeps the code of the next one from being sent. */
export async function mustSendAnew({ acme, calls }: Outcome): Promise<void> {
  const { contactId, loginId, destination } = calls.beginner
  const started = await acme.portal.post(`/v1/contacts/${contactId}/challenges`, { loginId })
  expect(started).toMatchObject({ status: 201, body: { delivery: { status: 'sent' } } })
  const challenge = { id: started.body.id, loginId }
  expect((await acme.verify(contactId, challenge, await acme.codeAt(destination))).status).toBe(200)
}

/** Whatever became of a resend: the code before it is as good as it was. */
export async function mustKeepOldCode({ acme, calls }: Outcome): Promise<void> {
  const { again } = calls
  expect((await acme.verify(again.contactId, again, again.code)).body.status).toBe('verified')
}

/** I1: whatever was answered during the fault, the right code has won or wins now, and never twice. */
export async function mustWinOnce({ acme, calls: { right } }: Outcome): Promise<void> {
  const answers = [
    await acme.verify(right.contactId, right, right.code),
    await acme.verify(right.contactId, right, right.code),
  ]
  expect(answers.map(({ status }) => status).filter(status => status === 200).length).toBeLessThanOrEqual(1)
  expect(answers.at(-1)?.body.code).toBe('already_used')
  expect(await counted(acme, right.contactId, 'challenge.verified')).toBe(1)
}

/** I2: those of before and during the fault included, no challenge gives more than five verdicts. */
export async function mustHaveFiveVerdicts({ acme, calls: { wrong: challenge } }: Outcome): Promise<number> {
  const before = await counted(acme, challenge.contactId, 'challenge.failed')
  const answers = []
  for (let guess = 0; guess < 7; guess++)
    answers.push(await acme.verify(challenge.contactId, challenge, wrong(challenge.code)))
  const verdicts = before + answers.filter(({ status }) => status === 422).length
  expect(verdicts).toBeLessThanOrEqual(5)
  expect(await counted(acme, challenge.contactId, 'challenge.failed')).toBe(verdicts)
  expect(answers.at(-1)?.body.code).toBe('attempts_exhausted')
  expect((await acme.verify(challenge.contactId, challenge, challenge.code)).status).toBe(410)
  return verdicts
}
