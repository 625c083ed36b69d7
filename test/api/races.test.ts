/** What parallel calls on two instances over real PostgreSQL and Redis must not do. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, freshNumber, openPortal, type TestPortal, wrong } from '../support/portal.ts'
import { type Answer, masterKeys, openReal, type TestService } from '../support/service.ts'

let service: TestService
let acme: TestPortal

beforeAll(async () => {
  service = await openReal(2)
  acme = await openPortal(service, { enabled: true, optOut: { allowed: true }, code: { smsLifetimeSeconds: 600 } })
})
afterAll(() => service.close())

const ROUNDS = 50

const times = <T>(count: number, work: (at: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => work(at)))

/** Rounds of a race, a few at a time. */
async function rounds(work: (contactId: string) => Promise<void>): Promise<void> {
  const round = async (contactId: string) => {
    await work(contactId)
    await holds(contactId)
  }
  for (let done = 0; done < ROUNDS; done += 5) {
    await times(5, () => round(fresh('racer')))
    // The numbers of all rounds share one prefix and its limit of an hour.
    service.advance(3700)
  }
}

interface Told {
  type: string
  details: { challengeId?: string; enrollmentId?: string; factorId?: string }
}

/** What one contact's history and state must never show, whoever won (I1, I2, I5, I6). */
async function holds(contactId: string, portal: TestPortal = acme): Promise<void> {
  const told: Told[] = (await portal.masterAdmin.get(`/v1/events?contactId=${contactId}&limit=200`)).body.items
  const perCode = (type: RegExp) => {
    const ids = told
      .filter(event => type.test(event.type))
      .map(({ details }) => details.challengeId ?? details.enrollmentId)
    return Math.max(0, ...ids.map(id => ids.filter(other => other === id).length))
  }
  expect(perCode(/verified|confirmed/), 'I1').toBeLessThanOrEqual(1)
  expect(perCode(/\.failed|verified|confirmed/), 'I2').toBeLessThanOrEqual(5)
  const contact = await contactOf(contactId, portal)
  const confirmed = told.filter(({ type }) => type === 'enrollment.confirmed').map(({ details }) => details.factorId)
  for (const { factorId } of contact.factors) expect(confirmed, 'I6').toContain(factorId)
  const { decision } = (await portal.decide(contactId)).body
  expect(decision === 'allow', 'I5').toBe(contact.status === 'skipped')
  expect(contact.status === 'skipped' && contact.factors.length > 0, 'I5').toBe(false)
}

const statuses = (answers: Answer[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { status, body } of answers) {
    const key = status === 200 ? '200' : `${status} ${body.code}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}

const eventsOf = async (contactId: string, type: string): Promise<unknown[]> =>
  (await acme.masterAdmin.get(`/v1/events?contactId=${contactId}&type=${type}&limit=200`)).body.items

describe('one challenge', () => {
  // RACE-1: a limit that is read before it is written lets every parallel guess through.
  it('compares exactly 5 of 200 parallel wrong codes, and refuses the right one afterwards', async () => {
    const contactId = fresh('race-1')
    await acme.enroll(contactId)
    const challenge = await acme.challenge(contactId)
    const answers = await times(200, () => acme.verify(contactId, challenge, wrong(challenge.code)))
    const counts = statuses(answers)
    expect(counts['422 code_incorrect']).toBe(5)
    expect(counts['410 attempts_exhausted']).toBe(195)
    expect(await eventsOf(contactId, 'challenge.failed')).toHaveLength(5)
    expect((await acme.verify(contactId, challenge, challenge.code)).status).toBe(410)
    await holds(contactId)
  })

  it('charges 50 parallel copies of one guess, under one Idempotency-Key, once', async () => {
    const contactId = fresh('copies')
    await acme.enroll(contactId)
    const challenge = await acme.challenge(contactId)
    const headers = { 'idempotency-key': fresh('click') }
    const answers = await times(50, () => acme.verify(contactId, challenge, wrong(challenge.code), headers))
    for (const key of Object.keys(statuses(answers)))
      expect(['422 code_incorrect', '409 request_in_progress']).toContain(key)
    expect(await eventsOf(contactId, 'challenge.failed')).toHaveLength(1)
  })

  // RACE-2: two requests that both find the code unused both succeed.
  it('accepts one of 200 parallel right codes', async () => {
    const contactId = fresh('race-2')
    await acme.enroll(contactId)
    const challenge = await acme.challenge(contactId)
    const answers = await times(200, () => acme.verify(contactId, challenge, challenge.code))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status !== 200 && status !== 409 && status !== 410)).toEqual([])
    expect(answers.filter(({ body }) => body.assertion)).toHaveLength(1)
    expect(await eventsOf(contactId, 'challenge.verified')).toHaveLength(1)
    // All attempts are spent; that it was used is what the store of codes is told after the answer.
    const again = async () => (await acme.verify(contactId, challenge, challenge.code)).body.code
    await expect.poll(again, { timeout: 20_000 }).toBe('already_used')
    await holds(contactId)
  })

  // REUSE-1: what one instance remembers, another has never heard of.
  it('REUSE-1: is used up on every instance, and on one that starts afterwards', async () => {
    const contactId = fresh('reuse-1')
    await acme.enroll(contactId)
    const challenge = await acme.challenge(contactId)
    expect((await acme.verify(contactId, challenge, challenge.code)).status).toBe(200)
    const late = await service.addInstance(masterKeys)
    try {
      for (const _ of service.instances)
        expect((await acme.verify(contactId, challenge, challenge.code)).body.code).toBe('already_used')
    } finally {
      await service.removeInstance(late)
    }
  })

  // SEND-2: parallel clicks on "send again".
  it('sends one message for 50 parallel starts, and one for 50 parallel resends', async () => {
    const contactId = fresh('send-2')
    const { destination } = await acme.enroll(contactId)
    const sent = async () => (await service.messages()).filter(({ to }) => to === destination).length
    const before = await sent()
    const loginId = fresh('login')
    const started = await times(50, () => acme.portal.post(`/v1/contacts/${contactId}/challenges`, { loginId }))
    expect(started.filter(({ status }) => status === 201)).toHaveLength(1)
    const ids = new Set(started.filter(({ status }) => status < 300).map(({ body }) => body.id))
    expect(ids.size).toBe(1)
    expect(await sent()).toBe(before + 1)
    service.advance(31)
    const path = `/v1/contacts/${contactId}/challenges/${[...ids][0]}/resend`
    const resent = await times(50, () => acme.portal.post(path, {}))
    expect(resent.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await sent()).toBe(before + 2)
  })

  it('sends one message for 50 parallel starts of one enrollment', async () => {
    const [contactId, loginId, destination] = [fresh('send-2'), fresh('login'), freshNumber()]
    const start = { organizationId: 'org', loginId, method: 'sms', destination }
    const started = await times(50, () => acme.portal.post(`/v1/contacts/${contactId}/enrollments`, start))
    expect(started.filter(({ status }) => status === 201)).toHaveLength(1)
    expect((await service.messages()).filter(({ to }) => to === destination)).toHaveLength(1)
  })
})

describe('one contact', () => {
  it('gets exactly 10 verdicts from parallel wrong guesses over 10 challenges, then is locked for the right code too', async () => {
    const contactId = fresh('lock')
    await acme.enroll(contactId)
    await acme.enroll(contactId, {
      ...(await stepUp(contactId)),
      destination: `${contactId}@example.com`,
      method: 'email',
    })
    const factors = (await acme.decide(contactId)).body.factors as { factorId: string }[]
    service.advance(3700)
    const challenges: { id: string; loginId: string; code: string }[] = []
    for (const { factorId } of factors)
      for (let at = 0; at < 5; at++) challenges.push(await acme.challenge(contactId, { factorId }))
    // One attempt of the last challenge is left over for the right code.
    const answers = await times(49, at => {
      const challenge = challenges[at % 10] as (typeof challenges)[number]
      return acme.verify(contactId, challenge, wrong(challenge.code))
    })
    expect(await eventsOf(contactId, 'challenge.failed')).toHaveLength(10)
    expect(statuses(answers)).toEqual({ '422 code_incorrect': 9, '423 factor_locked': 40 })
    for (const challenge of challenges)
      expect([410, 423]).toContain((await acme.verify(contactId, challenge, challenge.code)).status)
    expect(await eventsOf(contactId, 'contact.locked')).toHaveLength(1)
    expect((await acme.decide(contactId)).body).toMatchObject({ decision: 'deny', reason: 'factor_locked' })
  })
})

/** A step-up assertion, with the login it belongs to. */
async function stepUp(contactId: string): Promise<{ loginId: string; assertion: string }> {
  const challenge = await acme.challenge(contactId, { purpose: 'change_factor' })
  const { body } = await acme.verify(contactId, challenge, challenge.code)
  return { loginId: challenge.loginId, assertion: body.assertion }
}

/** A pending enrollment and the call that confirms it. */
async function pending(contactId: string, portal: TestPortal = acme, method = 'email') {
  const [loginId, destination] = [fresh('login'), method === 'sms' ? freshNumber() : `${fresh('racer')}@example.com`]
  const start = { organizationId: 'org', loginId, method, destination }
  const { status, body } = await portal.portal.post(`/v1/contacts/${contactId}/enrollments`, start)
  expect(status, JSON.stringify(body)).toBe(201)
  const code = await portal.codeAt(destination)
  return () => portal.portal.post(`/v1/contacts/${contactId}/enrollments/${body.id}/confirm`, { code, loginId })
}

const contactOf = async (contactId: string, portal: TestPortal = acme) =>
  (await portal.masterAdmin.get(`/v1/contacts/${contactId}`)).body

describe(`${ROUNDS} rounds of`, () => {
  // RACE-5: two enrollments confirmed at once.
  it.each([
    ['the same method', 'email'],
    ['two methods', 'sms'],
  ])('confirm against confirm of %s leave one factor', (_, other) =>
    rounds(async contactId => {
      const confirms = [await pending(contactId), await pending(contactId, acme, other)]
      const answers = await Promise.all(confirms.map(confirm => confirm()))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      expect((await contactOf(contactId)).factors).toHaveLength(1)
    }),
  )

  it('confirm against reset leave nothing that the reset did not see', () =>
    rounds(async contactId => {
      const confirm = await pending(contactId)
      const [confirmed, reset] = await Promise.all([
        confirm(),
        acme.masterAdmin.post(`/v1/contacts/${contactId}/reset`, {}),
      ])
      expect(reset.status).toBe(200)
      const survived = (await contactOf(contactId)).factors.length
      // Whoever came second decides: a confirm after the reset finds another ticket.
      expect(survived).toBe(0)
      expect(confirmed.status === 200 ? reset.body.cleared.factors : 0).toBe(confirmed.status === 200 ? 1 : 0)
    }))

  it('skip against confirm never leave a factor and a skip', () =>
    rounds(async contactId => {
      const confirm = await pending(contactId)
      const skip = () => acme.portal.post(`/v1/contacts/${contactId}/skip`, { organizationId: 'org' })
      const [confirmed, ...skips] = await Promise.all([confirm(), skip(), skip()])
      expect(confirmed.status).toBe(200)
      for (const { status } of skips) expect([200, 409]).toContain(status)
      expect((await eventsOf(contactId, 'contact.skipped')).length).toBeLessThanOrEqual(1)
      expect(await contactOf(contactId)).toMatchObject({ status: 'enrolled', skippedAt: null })
      expect((await acme.decide(contactId)).body.decision).toBe('challenge')
    }))

  // EPOCH-1: something of the old epoch slips through while the switch is being turned.
  it('settings off and on against verify, confirm and start leave nothing of the old epoch', async () => {
    const portal = await openPortal(service)
    for (let round = 0; round < ROUNDS; round++) {
      const [enrolling, enrolled, starting] = [fresh('epoch'), fresh('epoch'), fresh('epoch')]
      await portal.enroll(enrolled, { destination: freshNumber() })
      const challenge = await portal.challenge(enrolled)
      const [confirm, late] = [await pending(enrolling, portal), await pending(enrolling, portal)]
      const [loginId, destination] = [fresh('login'), `${starting}@example.com`]
      const start = { organizationId: 'org', loginId, method: 'email', destination }
      const path = `/v1/contacts/${starting}/enrollments`
      const flip = async () => {
        await portal.settings({ enabled: false })
        return (await portal.settings({ enabled: true })).body.epoch as number
      }
      const [epoch, confirmed, verified, started] = await Promise.all([
        flip(),
        confirm(),
        portal.verify(enrolled, challenge, challenge.code),
        portal.portal.post(path, start),
      ])
      for (const { status, body } of [confirmed, verified])
        if (status === 200) expect(claimsOf(body.assertion).epoch).toBe(epoch - 1)
      expect((await portal.decide(enrolling)).body.decision).toBe('enroll')
      expect((await portal.decide(enrolled)).body.decision).toBe('enroll')
      expect((await late()).status).toBe(410)
      expect([404, 409, 410]).toContain((await portal.verify(enrolled, challenge, challenge.code)).status)
      if (started.status === 201) {
        // Made during the flip: good only if it was made in the new epoch.
        const code = await portal.codeAt(destination)
        const { status, body } = await portal.portal.post(`${path}/${started.body.id}/confirm`, { code, loginId })
        if (status === 200) expect(claimsOf(body.assertion).epoch).toBe(epoch)
        expect((await portal.decide(starting)).body.decision).toBe(status === 200 ? 'challenge' : 'enroll')
      }
      for (const contactId of [enrolling, enrolled]) await holds(contactId, portal)
      service.advance(3700)
    }
  })
})

const claimsOf = (assertion: string) => JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString())
