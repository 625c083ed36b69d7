/** What must hold when everything works again. */
import { expect, vi } from 'vitest'
import type { ServiceBehindProxies } from '../support/behind-proxies.ts'
import { wrong } from '../support/portal.ts'
import type { Answer } from '../support/service.ts'
import type { Scene } from './calls.ts'
import { confirm, enrolling, type Pending } from './pending.ts'

const RECOVERY_MS = 10_000

/** Everything works again. */
export async function heal({ proxies, providers, redis }: ServiceBehindProxies): Promise<void> {
  for (const proxy of Object.values(proxies)) await proxy.heal()
  for (const provider of Object.values(providers)) provider.behave('accept')
  await redis.tell('CONFIG', 'SET', 'maxmemory', '0')
}

/** Every instance notices by itself, and in time, that everything works again; `more` must work by then too. */
export async function mustRecover(
  service: ServiceBehindProxies,
  { acme }: Pick<Scene, 'acme'>,
  more = async () => {},
): Promise<void> {
  await heal(service)
  await vi.waitFor(
    async () => {
      for (const { app } of service.instances) expect((await app.inject('/health/ready')).statusCode).toBe(200)
      for (const _ of service.instances) expect((await acme.decide('anybody')).status).toBe(200)
      await more()
    },
    { timeout: RECOVERY_MS, interval: 100 },
  )
}

/** Whatever failed: it works again in time, and what was pending is as good as it was, `lostMax` attempts of each aside. */
export async function mustGoOn(service: ServiceBehindProxies, scene: Scene, lostMax: number): Promise<void> {
  await mustRecover(service, scene, () => mustDeliver(service, scene))
  await mustWinOnce(scene)
  await mustHaveFiveVerdicts(scene, lostMax)
  await mustKeepOldCode(scene)
}

/** Every instance sends over every provider, and what it sends arrives. */
async function mustDeliver({ instances }: ServiceBehindProxies, { acme }: Scene): Promise<void> {
  for (const method of ['sms', 'email']) {
    const sent: Pending[] = []
    // One after the other, with no call between them: each goes to the next instance.
    for (const _ of instances) sent.push(await enrolling(acme, method))
    for (const pending of sent) expect((await confirm(acme, pending, pending.code)).status).toBe(200)
  }
}

const kinds = ({ acme, calls }: Scene) => [
  {
    ...calls.challenges,
    guess: (pending: Pending, code: string): Promise<Answer> => acme.verify(pending.contactId, pending, code),
    won: 'challenge.verified',
    failed: 'challenge.failed',
  },
  {
    ...calls.enrollments,
    guess: (pending: Pending, code: string): Promise<Answer> => confirm(acme, pending, code),
    won: 'enrollment.confirmed',
    failed: 'enrollment.failed',
  },
]

const counted = async ({ acme }: Scene, contactId: string, type: string): Promise<number> =>
  (await acme.masterAdmin.get(`/v1/events?contactId=${contactId}&type=${type}`)).body.items.length

/** I1: whatever was answered during the fault, the right code has won or wins now, and never twice. */
async function mustWinOnce(scene: Scene): Promise<void> {
  for (const { right, guess, won } of kinds(scene)) {
    const answers = [await guess(right, right.code), await guess(right, right.code)]
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
    expect(answers.at(-1)?.body.code).toBe('already_used')
    expect(await counted(scene, right.contactId, won)).toBe(1)
  }
}

/** I2: those of before and during the fault included, no code gives more than five verdicts; nor less, but for what was lost. */
export async function mustHaveFiveVerdicts(scene: Scene, lostMax: number): Promise<void> {
  for (const { wrong: pending, guess, failed } of kinds(scene)) {
    const before = await counted(scene, pending.contactId, failed)
    const answers = []
    for (let at = 0; at < 7; at++) answers.push(await guess(pending, wrong(pending.code)))
    const verdicts = before + answers.filter(({ status }) => status === 422).length
    expect(verdicts).toBeLessThanOrEqual(5)
    expect(verdicts).toBeGreaterThanOrEqual(5 - lostMax)
    expect(await counted(scene, pending.contactId, failed)).toBe(verdicts)
    expect(answers.at(-1)?.body.code).toBe('attempts_exhausted')
    expect((await guess(pending, pending.code)).status).toBe(410)
  }
}

/** Whatever became of a resend: the code before it is as good as it was. */
async function mustKeepOldCode(scene: Scene): Promise<void> {
  for (const { again, guess } of kinds(scene)) expect((await guess(again, again.code)).status).toBe(200)
}

/** A start that failed has left nothing behind that keeps the code of the next one from being sent. */
export async function mustSendAnew({ acme, calls }: Scene): Promise<void> {
  const { contactId, loginId, destination } = calls.beginner
  const started = await acme.portal.post(`/v1/contacts/${contactId}/challenges`, { loginId })
  expect(started).toMatchObject({ status: 201, body: { delivery: { status: 'sent' } } })
  const challenge = { id: started.body.id, loginId }
  expect((await acme.verify(contactId, challenge, await acme.codeAt(destination))).status).toBe(200)
}
