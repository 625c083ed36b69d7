/** What parallel calls on two instances over real PostgreSQL and Redis must not do. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, freshNumber, openPortal, type TestPortal, wrong } from '../support/portal.ts'
import { type Answer, openReal, type TestService } from '../support/service.ts'

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
  for (let done = 0; done < ROUNDS; done += 5) await times(5, () => work(fresh('racer')))
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
  })

  // RACE-2: two requests that both find the code unused both succeed.
  it('accepts one of 200 parallel right codes', async () => {
    const contactId = fresh('race-2')
    await acme.enroll(contactId)
    const challenge = await acme.challenge(contactId)
    const answers = await times(200, () => acme.verify(contactId, challenge, challenge.code))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status !== 200 && status !== 409 && status !== 410)).toEqual([])
    expect(await eventsOf(contactId, 'challenge.verified')).toHaveLength(1)
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
})

describe('one contact', () => {
  it('gets exactly 10 verdicts from 50 parallel wrong guesses over 10 challenges, then is locked for the right code too', async () => {
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
    const answers = await times(50, at => {
      const challenge = challenges[at % 10] as (typeof challenges)[number]
      return acme.verify(contactId, challenge, wrong(challenge.code))
    })
    expect(await eventsOf(contactId, 'challenge.failed')).toHaveLength(10)
    expect(statuses(answers)['422 code_incorrect']).toBe(9)
    const [challenge] = challenges
    if (!challenge) throw new Error('no challenge')
    const right = await acme.verify(contactId, challenge, challenge.code)
    expect([410, 423]).toContain(right.status)
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
async function pending(contactId: string, portal: TestPortal = acme) {
  const [loginId, destination] = [fresh('login'), `${fresh('racer')}@example.com`]
  const start = { organizationId: 'org', loginId, method: 'email', destination }
  const { status, body } = await portal.portal.post(`/v1/contacts/${contactId}/enrollments`, start)
  expect(status, JSON.stringify(body)).toBe(201)
  const code = await portal.codeAt(destination)
  return () => portal.portal.post(`/v1/contacts/${contactId}/enrollments/${body.id}/confirm`, { code, loginId })
}

const contactOf = async (contactId: string, portal: TestPortal = acme) =>
  (await portal.masterAdmin.get(`/v1/contacts/${contactId}`)).body

describe(`${ROUNDS} rounds of`, () => {
  // RACE-5: two enrollments confirmed at once.
  it('confirm against confirm leave one factor', () =>
    rounds(async contactId => {
      const confirms = [await pending(contactId), await pending(contactId)]
      const answers = await Promise.all(confirms.map(confirm => confirm()))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      expect((await contactOf(contactId)).factors).toHaveLength(1)
    }))

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
      const [confirmed] = await Promise.all([confirm(), skip()])
      expect(confirmed.status).toBe(200)
      expect(await contactOf(contactId)).toMatchObject({ status: 'enrolled', skippedAt: null })
      expect((await acme.decide(contactId)).body.decision).toBe('challenge')
    }))

  // EPOCH-1: something of the old epoch slips through while the switch is being turned.
  it('settings off and on against verify and confirm leave nothing of the old epoch', async () => {
    const portal = await openPortal(service)
    for (let round = 0; round < ROUNDS; round++) {
      const [enrolling, enrolled] = [fresh('epoch'), fresh('epoch')]
      await portal.enroll(enrolled, { destination: freshNumber() })
      const challenge = await portal.challenge(enrolled)
      const confirm = await pending(enrolling, portal)
      const flip = async () => {
        await portal.settings({ enabled: false })
        await portal.settings({ enabled: true })
      }
      await Promise.all([flip(), confirm(), portal.verify(enrolled, challenge, challenge.code)])
      expect((await portal.decide(enrolling)).body.decision).toBe('enroll')
      expect((await portal.decide(enrolled)).body.decision).toBe('enroll')
      const late = await portal.verify(enrolled, challenge, challenge.code)
      expect([404, 409, 410]).toContain(late.status)
      service.advance(3700)
    }
  })
})
