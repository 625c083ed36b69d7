/** What is played: two contacts in the middle of everything, and commands of all kinds at the same time. */
import type fc from 'fast-check'
import { openAdapters } from '../../../src/adapters/index.ts'

import type { Call } from '../../../src/usecases/call.ts'
import { makeClientKeys } from '../../../src/usecases/client-keys.ts'
import { makeUseCases, type UseCases } from '../../../src/usecases/index.ts'
import { makeRevocationList } from '../../../src/usecases/revocation-list.ts'
import { fresh, freshNumber, wrong } from '../../support/portal.ts'
import { configOver } from '../../support/service.ts'
import { type Act, atOnce, type Guess, type KnownCode, type Play, perform, type Stage, turnsBy } from './calls.ts'

export const names = [
  ...['right', 'right', 'right', 'wrong', 'wrong', 'wrong', 'foreign', 'resend', 'login', 'enroll', 'skip', 'enable'],
  ...['reset', 'reset', 'off', 'on', 'removeMethod', 'allowMethods', 'optOut', 'expire'],
] as const

export interface Command {
  name: string
  contact: 'ali' | 'bea'
  /** Chooses among whatever there is to choose from. */
  pick: number
}

const EXPIRIES_SECONDS = [31, 61, 301, 1801] as const
/** Codes that the set-up has used up: Ali's enrollments and step-ups. */
const USED_UP = 4
/** So that a resend may come at once. */
const FIRST_WAIT_SECONDS = 31

// biome-ignore lint/suspicious/noExplicitAny: ids are branded, and a test makes them up
const id = (text: string): any => text

const callBy = (portalId: string, role: 'portal' | 'master_admin'): Call => ({
  caller: { role, clientId: 'cli_test', subject: id('boss'), portalId: id(portalId), organizationId: null },
  requestId: 'req_test',
})
const operator: Call = { caller: { role: 'operator', clientId: 'operator', subject: null }, requestId: 'req_test' }

const destinationOf = (method: 'sms' | 'email'): string =>
  method === 'sms' ? freshNumber() : `${fresh('m')}@example.com`

export async function openPlays(databaseUrl: string) {
  let offsetMs = 0
  const adapters = await openAdapters(configOver(databaseUrl, null), {
    clockOffsetMs: () => offsetMs,
    deadlineMs: 20_000,
  })
  const { ports } = adapters
  const options = {
    operatorSecret: '',
    anyCountry: true,
    revocations: makeRevocationList(ports),
    clientKeys: makeClientKeys(ports),
  }
  const stage: Stage = {
    ports,
    useCasesOver: over => makeUseCases(over, options),
    nowMs: () => offsetMs,
  }

  /** Ali has two factors, is `failures` nearer to a lock, has two logins by phone and, proved by mail, another phone on their way; Bea has two enrollments on theirs. */
  async function setUp(play: Play, failures: number): Promise<void> {
    const [call, master] = [callBy(play.portalId, 'portal'), callBy(play.portalId, 'master_admin')]
    const now = <T>(act: Act, work: (useCases: UseCases) => Promise<T>) => perform(stage, play, act, atOnce, work)
    const guess = (one: KnownCode, code: string) => {
      const guess = { ...one, code }
      return now({ name: 'guess', guess }, useCases => guessWith(useCases, call, one, guess))
    }
    const newest = () => play.known.at(-1) as KnownCode
    const enroll = (contact: string, method: 'sms' | 'email', more: { loginId?: string; assertion?: string } = {}) => {
      const { loginId = fresh('login'), assertion } = more
      const input = { contactId: id(contact), organizationId: id('org'), loginId: id(loginId), method, assertion }
      return now({ name: 'enroll', loginId }, useCases =>
        useCases.startEnrollment(call, { ...input, destination: destinationOf(method) }),
      )
    }
    const challenge = (loginId: string, factorId: string | undefined, purpose: 'login' | 'change_factor' = 'login') =>
      now({ name: 'challenge', loginId }, useCases =>
        useCases.startChallenge(call, {
          contactId: id('ali'),
          loginId: id(loginId),
          factorId: id(factorId ?? ''),
          purpose,
        }),
      )
    const confirm = () => guess(newest(), newest().code)
    const stepUp = async (loginId: string, factorId: string | undefined) => {
      await challenge(loginId, factorId, 'change_factor')
      return { loginId, assertion: (await confirm())?.assertion ?? '' }
    }

    await now({ name: 'create' }, useCases =>
      useCases.createPortal(operator, { portalId: id(play.portalId), displayName: 'Acme' }),
    )
    const code = { smsLifetimeSeconds: 300, emailLifetimeSeconds: 600 }
    const patch = { enabled: true, optOut: { allowed: true }, code }
    await now({ name: 'on' }, useCases => useCases.changeSettings(master, { patch, ifMatch: null }))
    await enroll('ali', 'sms')
    const phone = (await confirm())?.factor?.factorId
    await enroll('ali', 'email', await stepUp('by-phone', phone))
    const mail = (await confirm())?.factor?.factorId
    await enroll('ali', 'sms', await stepUp('by-mail', mail))
    for (const loginId of ['ali-1', 'ali-2']) await challenge(loginId, phone)
    const logins = play.known.slice(-2)
    for (let at = 0; at < failures; at++) {
      const login = logins[at % 2] as KnownCode
      await guess(login, wrong(login.code))
    }
    await enroll('bea', 'sms')
    await enroll('bea', 'email')
    offsetMs += FIRST_WAIT_SECONDS * 1000
  }

  /** Plays the commands at the same time, in the order of the scheduler. */
  async function play(scheduler: fc.Scheduler, commands: Command[], failures: number): Promise<Play> {
    const one: Play = { portalId: fresh('portal'), acts: [], history: [], known: [] }
    await setUp(one, failures)
    const turn = turnsBy(scheduler)
    const all = commands.map(async (command, at) => {
      // A turn of its own: it chooses from what there is when it begins.
      const act = await turn(`${command.name} begins`, async () => actOf(one.known, command, at))
      await perform(stage, one, act, turn, useCases => run(useCases, one, command, act))
    })
    await scheduler.waitFor(Promise.all(all))
    // What a use case has left running.
    await scheduler.waitAll()
    return one
  }

  function actOf(known: KnownCode[], { name, pick }: Command, at: number): Act {
    const loginId = `login-of-${at}`
    const [chosen, other] = [chosenBy(known, pick), chosenBy(known, pick + 1)]
    const guess = (given: Partial<Guess>): Act => ({ name, loginId, guess: { ...chosen, ...given } })
    if (name === 'right') return guess({})
    if (name === 'wrong') return guess({ code: wrong(chosen.code) })
    if (name === 'foreign') return guess(pick % 2 === 0 ? { code: other.code } : { loginId: other.loginId })
    return { name, ...(name === 'resend' ? {} : { loginId }) }
  }

  async function run(useCases: UseCases, { portalId, known }: Play, command: Command, act: Act): Promise<unknown> {
    const { contact, pick } = command
    const [call, master] = [callBy(portalId, 'portal'), callBy(portalId, 'master_admin')]
    const [contactId, organizationId, loginId] = [id(contact), id('org'), id(act.loginId ?? '')]
    const method = pick % 2 === 0 ? ('sms' as const) : ('email' as const)
    const settings = (patch: object) => useCases.changeSettings(master, { patch, ifMatch: null })
    switch (command.name) {
      case 'resend': {
        const chosen = chosenBy(known, pick)
        return chosen.enrollment
          ? useCases.resendEnrollment(call, { contactId: id(chosen.contactId), enrollmentId: id(chosen.codeId) })
          : useCases.resendChallenge(call, { contactId: id(chosen.contactId), challengeId: id(chosen.codeId) })
      }
      case 'login':
        return useCases.decideLogin(call, { contactId, organizationId, loginId, sendCode: true })
      case 'enroll': {
        const input = { contactId, organizationId, loginId, method, destination: destinationOf(method) }
        return useCases.startEnrollment(call, input)
      }
      case 'skip':
        return useCases.skipEnrollment(call, { contactId, organizationId })
      case 'enable':
        return useCases.enableMfa(call, { contactId, organizationId })
      case 'reset':
        return useCases.resetContact(master, { contactId })
      case 'off':
      case 'on':
        return settings({ enabled: command.name === 'on' })
      case 'removeMethod':
        return settings({ methods: [method] })
      case 'allowMethods':
        return settings({ methods: ['sms', 'email'] })
      case 'optOut':
        return settings({ optOut: { allowed: pick % 2 === 0 } })
      case 'expire':
        offsetMs += (EXPIRIES_SECONDS[pick % EXPIRIES_SECONDS.length] ?? 0) * 1000
        return null
      default: {
        const guess = act.guess as Guess
        return guessWith(useCases, call, known.find(({ codeId }) => codeId === guess.codeId) as KnownCode, guess)
      }
    }
  }

  return { ports, play, close: adapters.close }
}

const chosenBy = (known: KnownCode[], pick: number): KnownCode =>
  known[USED_UP + (pick % (known.length - USED_UP))] as KnownCode

async function guessWith(
  useCases: UseCases,
  call: Call,
  { contactId, enrollment }: KnownCode,
  guess: Guess,
): Promise<{ assertion: string; factor?: { factorId: string } }> {
  const { codeId, loginId, code } = guess
  const input = { contactId: id(contactId), loginId: id(loginId), code }
  return enrollment
    ? useCases.confirmEnrollment(call, { ...input, enrollmentId: id(codeId) })
    : useCases.verifyChallenge(call, { ...input, challengeId: id(codeId) })
}
