/**
 * The process is killed (SIGKILL) at every await of a call, over real PostgreSQL, Redis and a provider that outlives it; a fresh
 * process over the same stores takes over. The crossings come from a run in which nothing happens, so none can be forgotten.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type MortalService, openMortalService } from '../support/mortal-service.ts'
import { fresh, freshNumber, openPortal, type TestPortal, wrong } from '../support/portal.ts'
import type { Answer } from '../support/service.ts'

const PATIENCE_MS = 300_000
/** Idempotency lease and first resend wait: both 30 s. */
const LEASE_SECONDS = 31

let service: MortalService
let acme: TestPortal

beforeAll(async () => {
  service = await openMortalService()
})
// One each: access tokens live for fifteen minutes.
beforeEach(async () => {
  acme = await openPortal(service, {
    enabled: true,
    methods: ['sms'],
    sms: { allowedCountries: ['US'] },
    code: { smsLifetimeSeconds: 600 },
  })
})
afterAll(() => service?.close())

interface Scene {
  contactId: string
  destination: string
  /** The call that is broken off. */
  act(): Promise<Answer>
}

/** Plays a scene once for each of its crossings; `aftermath` is told the answer, if it got out. */
async function atEveryCrossing<S extends Scene>(
  atLeast: number,
  set: () => Promise<S>,
  aftermath: (scene: S, told: Answer | null) => Promise<void>,
): Promise<void> {
  const crossings = await service.crossings((await set()).act)
  expect(crossings.length, crossings.join()).toBeGreaterThanOrEqual(atLeast)
  for (const crossing of crossings) {
    // Scenes share blocks of numbers, and their limit of an hour.
    service.advance(3700)
    const scene = await set()
    const told = await service.killedAt(crossing, scene.act)
    try {
      await aftermath(scene, told)
    } catch (error) {
      const answer = told ? `${told.status} ${told.body.code ?? ''}` : 'no answer'
      throw new Error(`killed ${crossing} (${answer})`, { cause: error })
    }
  }
}

interface Told {
  type: string
  details: { challengeId?: string; enrollmentId?: string; factorId?: string }
}

const eventsOf = async (contactId: string): Promise<Told[]> =>
  (await acme.masterAdmin.get(`/v1/events?contactId=${contactId}&limit=200`)).body.items

const keyHeader = (keyed: boolean): Record<string, string> => (keyed ? { 'idempotency-key': fresh('click') } : {})

/** What was said of guesses at one code: every verdict that got out. */
const verdictsAmong = (answers: (Answer | null)[]): Answer[] =>
  answers.filter(answer => answer !== null).filter(({ status }) => status === 200 || status === 422)

interface GuessScene extends Scene {
  path: string
  /** A guess without a key. */
  guess(code: string): Promise<Answer>
  code: string
}

const kinds = {
  verify: {
    async set() {
      const contactId = fresh('killed')
      const { destination } = await acme.enroll(contactId)
      const { id, loginId, code } = await acme.challenge(contactId)
      return { contactId, destination, loginId, code, path: `/v1/contacts/${contactId}/challenges/${id}` }
    },
    verb: 'verify',
    won: 'challenge.verified',
    lost: 'challenge.failed',
  },
  confirm: {
    async set() {
      const [contactId, loginId, destination] = [fresh('killed'), fresh('login'), freshNumber()]
      const { body } = await startEnrollment(contactId, loginId, destination)
      const code = await acme.codeAt(destination)
      return { contactId, destination, loginId, code, path: `/v1/contacts/${contactId}/enrollments/${body.id}` }
    },
    verb: 'confirm',
    won: 'enrollment.confirmed',
    lost: 'enrollment.failed',
  },
} as const

const startEnrollment = (contactId: string, loginId: string, destination: string, headers = {}) =>
  acme.portal.post(
    `/v1/contacts/${contactId}/enrollments`,
    { organizationId: 'org', loginId, method: 'sms', destination },
    headers,
  )

async function setGuess(kind: keyof typeof kinds, right: boolean, keyed: boolean): Promise<GuessScene> {
  const { set, verb } = kinds[kind]
  const { contactId, destination, loginId, code, path } = await set()
  const headers = keyHeader(keyed)
  const guess = (given: string, more = {}) => acme.portal.post(`${path}/${verb}`, { code: given, loginId }, more)
  return { contactId, destination, code, path, guess, act: () => guess(right ? code : wrong(code), headers) }
}

describe('RACE-8: killed in the middle of a guess', { timeout: PATIENCE_MS }, () => {
  // Whoever can make the service die between comparing and counting gets guesses for nothing, or one code accepted twice.
  const rows = (['verify', 'confirm'] as const).flatMap(kind =>
    [true, false].flatMap(right => [false, true].map(keyed => ({ kind, right, keyed }))),
  )
  it.each(rows)('$kind, right: $right, Idempotency-Key: $keyed', async ({ kind, right, keyed }) => {
    const { won, lost } = kinds[kind]
    await atEveryCrossing(
      right ? 11 : 8,
      () => setGuess(kind, right, keyed),
      async ({ contactId, path, act, guess, code }, told) => {
        const count = async (...types: string[]) => {
          const ours = (await eventsOf(contactId)).filter(({ details }) =>
            path.endsWith(`/${details.challengeId ?? details.enrollmentId}`),
          )
          return ours.filter(({ type }) => types.includes(type)).length
        }
        const spent = 5 - (await acme.portal.get(path)).body.attemptsLeft
        const charged = await count(won, lost)
        // I3, I8: what was told was charged, and what was charged had been spent.
        expect(charged).toBeGreaterThanOrEqual(verdictsAmong([told]).length)
        expect(spent).toBeGreaterThanOrEqual(charged)
        expect(await count(won)).toBe(right ? charged : 0)

        service.advance(LEASE_SECONDS)
        const again = await act()
        if (keyed) expect(await count(won, lost), 'one key, one attempt').toBeLessThanOrEqual(1)
        if (keyed && told)
          expect(again, 'an answer is not lost').toMatchObject({ status: told.status, body: told.body })
        if (right && !keyed) expect(again.status).toBe(charged ? 409 : 200)
        if (!right) expect(again.status).toBe(422)

        const later: (Answer | null)[] = [told, again]
        if (!right && !keyed) {
          for (let at = 0; at < 5; at++) later.push(await guess(wrong(code)))
          expect(later.at(-1)?.status, 'I2').toBe(410)
          expect(verdictsAmong(later).length, 'I2').toBeLessThanOrEqual(5)
          expect(await count(lost), 'I3').toBeGreaterThanOrEqual(verdictsAmong(later).length)
          expect((await guess(code)).status).toBe(410)
          expect(await count(won, lost), 'I2').toBeLessThanOrEqual(5)
        } else {
          // The contact goes on with what is left of this one.
          if (!right) later.push(await guess(code))
          const assertions = later.map(answer => answer?.body.assertion).filter(Boolean)
          expect(new Set(assertions).size, 'I1').toBeLessThanOrEqual(1)
          expect(await count(won), 'I1').toBe(1)
          expect((await guess(code)).body.code).toBe('already_used')
        }
        await passesALogin(contactId)
      },
    )
  })
})

/** The contact gets in with a new enrollment, where it needs one, and a new challenge. */
async function passesALogin(contactId: string): Promise<void> {
  if ((await acme.decide(contactId)).body.decision === 'enroll') await acme.enroll(contactId)
  expect((await acme.decide(contactId)).body.decision).toBe('challenge')
  const challenge = await acme.challenge(contactId)
  expect((await acme.verify(contactId, challenge, challenge.code)).status).toBe(200)
}

interface SendScene extends Scene {
  /** Of the same code: a start with a login of its own. */
  startAnother(): Promise<Answer & { loginId: string }>
  prove(id: string, loginId: string, code: string): Promise<Answer>
  requested: RegExp
  /** Messages that are none of this scene's. */
  earlier: number
}

const sentTo = async (destination: string) => (await service.messages()).filter(({ to }) => to === destination).length

async function setChallengeStart(keyed: boolean): Promise<SendScene> {
  const contactId = fresh('killed')
  const { destination } = await acme.enroll(contactId)
  const [loginId, headers] = [fresh('login'), keyHeader(keyed)]
  const start = (login: string, more = {}) =>
    acme.portal.post(`/v1/contacts/${contactId}/challenges`, { loginId: login }, more)
  return {
    contactId,
    destination,
    act: () => start(loginId, headers),
    async startAnother() {
      const other = fresh('login')
      return { ...(await start(other)), loginId: other }
    },
    prove: (id, login, code) => acme.verify(contactId, { id, loginId: login }, code),
    requested: /^challenge\.(requested|resent)$/,
    earlier: 1,
  }
}

async function setEnrollmentStart(keyed: boolean): Promise<SendScene> {
  const [contactId, destination, loginId, headers] = [fresh('killed'), freshNumber(), fresh('login'), keyHeader(keyed)]
  return {
    contactId,
    destination,
    act: () => startEnrollment(contactId, loginId, destination, headers),
    async startAnother() {
      const other = fresh('login')
      return { ...(await startEnrollment(contactId, other, destination)), loginId: other }
    },
    prove: (id, login, code) =>
      acme.portal.post(`/v1/contacts/${contactId}/enrollments/${id}/confirm`, { code, loginId: login }),
    requested: /^enrollment\.(requested|resent)$/,
    earlier: 0,
  }
}

/** Turns a scene that starts into one that sends again. */
async function setResend(made: SendScene, keyed: boolean): Promise<SendScene> {
  const { body } = await made.act()
  service.advance(LEASE_SECONDS)
  const folder = body.id.startsWith('chl_') ? 'challenges' : 'enrollments'
  const [path, headers] = [`/v1/contacts/${made.contactId}/${folder}/${body.id}/resend`, keyHeader(keyed)]
  return { ...made, act: () => acme.portal.post(path, {}, headers) }
}

const sends: { name: string; keyed: boolean; set: () => Promise<SendScene>; refused?: true }[] = [
  { name: 'start of a challenge', keyed: true, set: () => setChallengeStart(true) },
  { name: 'start of an enrollment', keyed: true, set: () => setEnrollmentStart(true) },
  { name: 'resend of a challenge', keyed: true, set: async () => setResend(await setChallengeStart(false), true) },
  { name: 'resend of an enrollment', keyed: false, set: async () => setResend(await setEnrollmentStart(false), false) },
  { name: 'start that the provider refuses', keyed: false, set: () => setChallengeStart(false), refused: true },
]

describe('RACE-8: killed in the middle of a send', { timeout: PATIENCE_MS }, () => {
  // Whoever can make the service die after sending and before counting sends for nothing, or one code twice.
  it.each(sends)('$name, Idempotency-Key: $keyed', async ({ keyed, set, refused }) => {
    const broken = async () => {
      const scene = await set()
      const before = await sentTo(scene.destination)
      let earlier = scene.earlier
      const act = async () => {
        if (!refused) return scene.act()
        service.sns.behave({ status: 400, code: 'Throttling', message: 'Rate exceeded' })
        try {
          return await scene.act()
        } finally {
          service.sns.behave('accept')
          earlier += (await sentTo(scene.destination)) - before
        }
      }
      const made = async () => (await sentTo(scene.destination)) - earlier
      return { ...scene, act, again: scene.act, made, begun: await made() }
    }
    await atEveryCrossing(
      15,
      broken,
      async ({ contactId, destination, made, begun, again, startAnother, prove, requested }, told) => {
        const recorded = async () => (await eventsOf(contactId)).filter(({ type }) => requested.test(type)).length
        expect(await recorded(), 'recorded before it is made').toBeGreaterThanOrEqual(await made())
        if (told) expect(told.status).toBeOneOf(refused ? [502] : [200, 201])

        service.advance(LEASE_SECONDS)
        const repeated = await again()
        expect(repeated.status).toBeOneOf([200, 201, 429])
        if (keyed && told)
          expect(repeated, 'an answer is not lost').toMatchObject({ status: told.status, body: told.body })
        expect((await made()) - begun, 'one message per placed code').toBeLessThanOrEqual(1)

        // Ten minutes are not over: five messages to one destination, whoever died.
        let last = { id: '', loginId: '', code: '' }
        let answer: Answer | null = null
        for (let at = 0; at < 6 && answer?.status !== 429; at++) {
          const started = await startAnother()
          answer = started
          if (started.status === 201)
            last = { id: started.body.id, loginId: started.loginId, code: await acme.codeAt(destination) }
        }
        expect(answer?.body.code).toBe('too_many_messages')
        expect(await made()).toBeLessThanOrEqual(5)
        expect(await recorded()).toBeGreaterThanOrEqual(await made())
        expect((await prove(last.id, last.loginId, last.code)).status, 'the contact goes on').toBe(200)
      },
    )
  })
})

describe('RACE-8: killed in the middle of a reset', { timeout: PATIENCE_MS }, () => {
  // A reset that happened without its event, or an event without its reset, is what nobody can explain afterwards.
  it('leaves all of it or nothing', async () => {
    const set = async (): Promise<Scene> => {
      const contactId = fresh('killed')
      const { destination } = await acme.enroll(contactId)
      return { contactId, destination, act: () => acme.masterAdmin.post(`/v1/contacts/${contactId}/reset`, {}) }
    }
    await atEveryCrossing(10, set, async ({ contactId, act }, told) => {
      const resets = (await eventsOf(contactId)).filter(({ type }) => type === 'contact.reset').length
      const { factors } = (await acme.masterAdmin.get(`/v1/contacts/${contactId}`)).body
      expect(resets).toBe(1 - factors.length)
      if (told) expect([told.status, resets]).toEqual([200, 1])
      expect((await acme.decide(contactId)).body.decision).toBe(resets ? 'enroll' : 'challenge')
      expect((await act()).body.cleared.factors).toBe(factors.length)
      await acme.enroll(contactId)
      await passesALogin(contactId)
    })
  })
})
