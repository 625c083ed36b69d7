/** Contacts of one portal that log in, mistype, ask again and are reset, in parallel, while their Master Admin turns the switch. */
import { setTimeout as wait } from 'node:timers/promises'
import { makeRecorder, type Operation, type RecordedCall, type Recorder } from './history.ts'
import { fresh, freshNumber, type TestPortal, wrong } from './portal.ts'
import type { Answer, TestService } from './service.ts'

export interface LoginLoad {
  calls: RecordedCall[]
  /** Ends when what is running has been answered. Rejects with what broke the load. */
  stop(): Promise<void>
}

/** ms between two tries of a call that met a failure, and after a step that came to nothing. */
const PAUSE_MS = 25
/** A portal's patience with a call that meets failures: longer than most of them last. */
const TRIES_MAX = 200
const FLIP_EVERY_MS = 1500

const unanswered = ({ status, body }: Answer): boolean => status === 503 || body.code === 'request_in_progress'

interface Code {
  operation: 'verify' | 'confirm'
  path: string
  codeId: string
  contactId: string
  loginId: string
  /** As it was sent. */
  code: string
}

export function startLoginLoad(service: TestService, portal: TestPortal, contacts = 8): LoginLoad {
  const recorder = makeRecorder()
  let stopping = false
  const until = async (work: (turn: number) => Promise<unknown>) => {
    for (let turn = 0; !stopping; turn++) await work(turn)
  }
  const steps = makeSteps(service, portal, recorder, () => stopping)
  const running = Promise.all([
    // Only the first asks for further codes, since the clock moves on for that.
    ...Array.from({ length: contacts }, (_, at) => until(turn => live(steps, turn, at === 0))),
    until(() => flip(portal, recorder, () => stopping)),
  ])
  running.catch(() => {})
  return {
    calls: recorder.calls,
    async stop() {
      stopping = true
      await running
    },
  }
}

type Steps = ReturnType<typeof makeSteps>

/** One contact's life: it enrolls, logs in, and is reset in the middle of a login. */
async function live(steps: Steps, turn: number, resends: boolean): Promise<void> {
  const contactId = fresh('load')
  const destination = turn % 4 === 0 ? freshNumber() : `${contactId}@example.com`
  if (!(await enroll(steps, contactId, destination))) return void (await wait(PAUSE_MS))
  const logins = [plainLogin, burst, resends ? withResend : plainLogin, exhaust]
  for (const login of [logins[turn % 4], logins[(turn + 1) % 4]]) {
    const challenge = await steps.start(contactId, destination)
    if (!challenge) return void (await wait(PAUSE_MS))
    await login?.(steps, challenge, destination)
  }
  await resetInTheMiddle(steps, contactId, destination, turn % 2 === 0)
}

async function enroll(steps: Steps, contactId: string, destination: string): Promise<boolean> {
  const enrollment = await steps.startEnrollment(contactId, destination)
  if (!enrollment) return false
  await steps.guess(enrollment, false)
  const answers = await Promise.all([steps.insist(enrollment), steps.guess(enrollment, true)])
  return answers.some(({ status }) => status === 200)
}

async function plainLogin(steps: Steps, challenge: Code): Promise<void> {
  await steps.guess(challenge, false)
  await steps.insist(challenge)
}

/** RACE-1, RACE-2: everything at once. */
async function burst(steps: Steps, challenge: Code): Promise<void> {
  await Promise.all([false, true, false, true, true].map(right => steps.guess(challenge, right)))
}

async function withResend(steps: Steps, challenge: Code, destination: string): Promise<void> {
  await steps.guess(challenge, false)
  const code = await steps.resend(challenge, destination)
  await steps.guess(challenge, false)
  await steps.insist({ ...challenge, code })
}

/** Twice: by the second time a store may have forgotten the first. */
async function exhaust(steps: Steps, challenge: Code): Promise<void> {
  for (const _ of [1, 2]) await Promise.all(Array.from({ length: 6 }, () => steps.guess(challenge, false)))
  await steps.insist(challenge)
}

/** `right`: the code is used at the same time. Else it is a good one, but for the reset. */
async function resetInTheMiddle(steps: Steps, contactId: string, destination: string, right: boolean): Promise<void> {
  const challenge = await steps.start(contactId, destination)
  if (!challenge) return
  await Promise.all([steps.guess(challenge, right), steps.reset(contactId)])
  await steps.guess(challenge, true)
}

/** The calls of the portal's back end. A start or a right code is sent again for as long as nobody answers, under one key. */
function makeSteps(service: TestService, portal: TestPortal, recorder: Recorder, stopping: () => boolean) {
  const { portal: api, masterAdmin } = portal

  async function patiently(operation: Operation, ids: object, path: string, body: object): Promise<Answer> {
    const key = fresh('click')
    const call = () =>
      recorder.record({ operation, ...ids, key }, () => api.post(path, body, { 'idempotency-key': key }))
    let answer = await call()
    for (let tries = 1; unanswered(answer) && tries < TRIES_MAX && !stopping(); tries++) {
      await wait(PAUSE_MS)
      answer = await call()
    }
    return answer
  }

  async function startCode(
    operation: 'start_challenge' | 'start_enrollment',
    contactId: string,
    destination: string,
    more: object = {},
  ): Promise<Code | null> {
    const loginId = fresh('login')
    const [of, then] = operation === 'start_challenge' ? ['challenges', 'verify'] : ['enrollments', 'confirm']
    const path = `/v1/contacts/${contactId}/${of}`
    const { status, body } = await patiently(operation, { contactId }, path, { loginId, ...more })
    const code = service.newestCode(destination)
    if (status >= 300 || !code) return null
    return {
      operation: then as 'verify',
      path: `${path}/${body.id}/${then}`,
      codeId: body.id,
      contactId,
      loginId,
      code,
    }
  }

  return {
    start: (contactId: string, destination: string) => startCode('start_challenge', contactId, destination),
    startEnrollment: (contactId: string, destination: string) =>
      startCode('start_enrollment', contactId, destination, {
        organizationId: 'org',
        method: destination.includes('@') ? 'email' : 'sms',
        destination,
      }),
    guess({ operation, path, codeId, contactId, loginId, code }: Code, right: boolean) {
      const asked = { operation, codeId, contactId, wrong: !right }
      return recorder.record(asked, () => api.post(path, { code: right ? code : wrong(code), loginId }))
    },
    insist: ({ operation, path, codeId, contactId, loginId, code }: Code) =>
      patiently(operation, { codeId, contactId }, path, { code, loginId }),
    async resend({ path, codeId, contactId, code }: Code, destination: string) {
      service.advance(31)
      await patiently('resend_challenge', { codeId, contactId }, path.replace(/verify$/, 'resend'), {})
      return service.newestCode(destination) ?? code
    },
    reset: (contactId: string) =>
      recorder.record({ operation: 'reset', contactId }, () => masterAdmin.post(`/v1/contacts/${contactId}/reset`, {})),
  }
}

/** Off and on again, each until it is acknowledged. */
async function flip({ settings }: TestPortal, recorder: Recorder, stopping: () => boolean): Promise<void> {
  await wait(FLIP_EVERY_MS)
  for (const [operation, enabled] of [
    ['turn_off', false],
    ['turn_on', true],
  ] as const) {
    while (!stopping()) {
      const { status } = await recorder.record({ operation }, () => settings({ enabled }))
      if (status === 200) break
      await wait(PAUSE_MS)
    }
  }
}
