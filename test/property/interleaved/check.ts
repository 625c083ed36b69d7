/** Follows the history of a play call by call, and holds each against the invariants (I1-I8, I11) at that very moment. */
import { expect } from 'vitest'
import type { Event } from '../../../src/domain/event.ts'
import type { Ports } from '../../../src/ports/ports.ts'
import type { Comparison, Verdict } from '../../../src/ports/settlement.ts'
import { type Play, placedBy, type Step, type Told } from './calls.ts'
import {
  codeOf,
  countingFactors,
  happened,
  methodCounts,
  newTruth,
  settingsChanged,
  skipCounts,
  standingOf,
  type Truth,
  ticketRedrawn,
  ticketSeen,
} from './truth.ts'

const ATTEMPTS_MAX = 5
const LOCK_MS = 1_800_000

/** Throws where the history, or what is stored at its end, breaks an invariant. */
export async function checkPlay(play: Play, { events, contacts }: Ports): Promise<void> {
  const [created] = play.history as [Step]
  const truth = newTruth({ settings: created.given[0].settings, epoch: 0 })
  /** What a decision may say, as of the moment its snapshot was taken. */
  const decisions = new Map<number, string[]>()
  for (const entry of play.history) {
    if (entry.kind === 'told') checkTold(truth, play, entry, decisions)
    else checkStep(truth, play, entry, decisions)
  }
  const { items } = await events.list(play.portalId as never, { limit: 1000 })
  checkEvents(truth, items.toReversed())
  for (const contactId of Object.keys(truth.contacts)) {
    const { factors } = await contacts.snapshot({ portalId: play.portalId, contactId } as never)
    const stored = factors.filter(({ method, epoch }) => methodCounts(truth, method, epoch))
    const expected = countingFactors(truth, contactId)
    expect(stored.map(({ factorId }) => factorId).sort(), 'I6').toEqual(expected.map(({ factorId }) => factorId).sort())
  }
}

function checkStep(truth: Truth, play: Play, step: Step, decisions: Map<number, string[]>): void {
  const { port, given, result, act, atMs } = step
  const { contactId } = (given[0]?.binding ?? given[0]) as { contactId: string }
  switch (port) {
    case 'portals.update':
      if (result) settingsChanged(truth, result)
      return
    case 'settlement.requestChallenge':
    case 'settlement.requestEnrollment':
      ticketSeen(truth, contactId, result.snapshot)
      if (result.recorded) happened(truth, given[0].type)
      return
    case 'contacts.snapshotForLogin':
      decisions.set(act, decisionsAllowed(truth, contactId))
      return
    case 'contacts.change':
      changed(truth, play, step)
      return
    case 'codes.open':
      if (result.outcome === 'opened') codePlaced(truth, given[0].binding.codeId, given[0].code.lifetimeMs, atMs)
      return
    case 'codes.renew':
      if (result.outcome === 'renewed') codePlaced(truth, given[0].codeId, given[1].lifetimeMs, atMs)
      return
    case 'codes.spend':
      if (result.outcome !== 'spent') return
      expect(Math.max(...codeOf(truth, given[0].codeId).ends), 'an expired code is not compared').toBeGreaterThan(atMs)
      return
    case 'sender.send':
      sent(truth, play, step)
      return
    case 'settlement.settleChallenge':
    case 'settlement.settleEnrollment':
      settled(truth, play, step)
  }
}

function codePlaced(truth: Truth, codeId: string, lifetimeMs: number, atMs: number): void {
  codeOf(truth, codeId).ends.push(atMs + lifetimeMs)
}

/** I8: a send is recorded before it is made. I11: and reserved. */
function sent(truth: Truth, play: Play, { act }: Step): void {
  const before = play.history.filter((entry): entry is Step => entry.kind === 'step' && entry.act === act)
  expect(
    before.some(({ port, result }) => port.startsWith('settlement.request') && result.recorded),
    'I8',
  ).toBe(true)
  expect(
    before.some(({ port, result }) => port === 'sendLimits.reserve' && result.granted),
    'I11',
  ).toBe(true)
  const { codeId } = placedBy(play, act)?.binding ?? { codeId: '' }
  expect(++codeOf(truth, codeId).sends, 'I11').toBeLessThanOrEqual(5)
}

function changed(truth: Truth, { acts }: Play, { act, given }: Step): void {
  const { contactId } = given[0]
  const standing = standingOf(truth, contactId)
  switch (acts[act]?.name) {
    case 'reset':
      Object.assign(standing, { factors: [], skipEpoch: null })
      ticketRedrawn(standing, null)
      happened(truth, 'contact.reset')
      return
    case 'enable':
      if (standing.skipEpoch !== null && standing.skipEpoch >= truth.skipsFrom) happened(truth, 'contact.skip_cleared')
      standing.skipEpoch = null
      return
    case 'skip':
      expect(truth.portal.settings.enabled && truth.portal.settings.optOut.allowed, 'I5').toBe(true)
      expect(countingFactors(truth, contactId), 'I5').toEqual([])
      if (skipCounts(truth, contactId)) return
      standing.skipEpoch = truth.portal.epoch
      happened(truth, 'contact.skipped')
  }
}

function settled(truth: Truth, play: Play, { act, given, result }: Step): void {
  const { binding, target, right } = given[0] as Comparison
  const verdict = result as Verdict
  const code = codeOf(truth, binding.codeId)
  if (!['verified', 'incorrect', 'locked', 'disabled'].includes(verdict.outcome)) return
  code.judged++
  if (verdict.outcome !== 'verified') return
  expect(code.won, 'I1').toBe(false)
  expect(right, 'I1').toBe(true)
  code.won = true
  const { guess } = play.acts[act] ?? {}
  const sent = play.known.some(
    one => one.codeId === guess?.codeId && one.code === guess.code && one.loginId === guess.loginId,
  )
  expect(sent, 'I4').toBe(true)
  expect(guess?.codeId, 'I4').toBe(binding.codeId)
  expect(methodCounts(truth, target.method, binding.epoch), 'I7').toBe(true)

  const { contactId, pendingFactor } = binding
  const standing = standingOf(truth, contactId)
  const counting = countingFactors(truth, contactId)
  if (!pendingFactor) {
    expect(
      counting.map(({ factorId }) => factorId),
      'I6',
    ).toContain(target.factorId)
    return
  }
  expect([...standing.voidTickets], 'I7').not.toContain(binding.ticket)
  const { provedBy } = pendingFactor
  const proved = counting.filter(({ method }) => method === provedBy?.method)
  if (counting.length > 0) expect(proved, 'I6').toHaveLength(1)
  for (const { method } of proved) expect(methodCounts(truth, method, provedBy?.epoch ?? -1), 'I7').toBe(true)
  standing.factors = [
    ...counting.filter(({ method }) => method !== target.method),
    { method: target.method, factorId: target.factorId, epoch: binding.epoch },
  ]
  standing.skipEpoch = null
  ticketRedrawn(standing, verdict.ticket)
}

/** I5, and that nobody who is enrolled is asked to enroll. */
function decisionsAllowed(truth: Truth, contactId: string): string[] {
  if (!truth.portal.settings.enabled) return ['allow']
  if (countingFactors(truth, contactId).length > 0) return ['challenge', 'deny']
  return skipCounts(truth, contactId) ? ['allow'] : ['enroll', 'deny']
}

function checkTold(truth: Truth, { acts }: Play, { act, answer, value }: Told, decisions: Map<number, string[]>): void {
  const { guess } = acts[act] ?? {}
  if (value?.decision && decisions.has(act)) expect(decisions.get(act), 'I5').toContain(value.decision)
  if (!guess || (answer !== 'ok' && answer !== 'code_incorrect')) return
  const code = codeOf(truth, guess.codeId)
  expect(++code.told, 'I3').toBeLessThanOrEqual(code.judged)
  expect(code.told, 'I2').toBeLessThanOrEqual(ATTEMPTS_MAX)
  if (answer === 'ok') expect(code.won, 'I1').toBe(true)
}

/** Oldest first. I8: what happened, and nothing else; I1 and I2 by what is written; ten failures in a row lock. */
function checkEvents(truth: Truth, events: Event[]): void {
  const perType = Map.groupBy(events, ({ type }) => type)
  for (const type of ['settings.changed', 'contact.reset', 'contact.skipped', 'contact.skip_cleared'] as const)
    expect(perType.get(type)?.length ?? 0, `I8 ${type}`).toBe(truth.events[type] ?? 0)
  for (const type of ['requested', 'resent'].flatMap(word => [`challenge.${word}`, `enrollment.${word}`]))
    expect(perType.get(type as Event['type'])?.length ?? 0, `I8 ${type}`).toBe(truth.events[type] ?? 0)

  const guesses = events.filter(({ type }) => isGuess(type))
  const perCode = Map.groupBy(guesses, ({ details }) => String(details.challengeId ?? details.enrollmentId))
  for (const [codeId, { told, won }] of Object.entries(truth.codes)) {
    const written = perCode.get(codeId) ?? []
    expect(written.filter(({ type }) => !type.endsWith('failed')).length, 'I1').toBe(won ? 1 : 0)
    expect(written.length, 'I2').toBeLessThanOrEqual(ATTEMPTS_MAX)
    expect(written.length, 'I3').toBeGreaterThanOrEqual(told)
  }
  for (const ofContact of Map.groupBy(events, ({ contactId }) => contactId).values()) checkLocks(ofContact)
}

function checkLocks(events: Event[]): void {
  let [inARow, lockedAt] = [0, Number.NEGATIVE_INFINITY]
  for (const { type, at } of events) {
    if (type === 'contact.reset') [inARow, lockedAt] = [0, Number.NEGATIVE_INFINITY]
    if (type === 'contact.locked') lockedAt = at.getTime()
    if (!isGuess(type)) continue
    // The failure that locks bears the instant of its lock.
    const sinceLock = at.getTime() - lockedAt
    expect(sinceLock === 0 || sinceLock >= LOCK_MS, 'I2: nothing is judged during a lock').toBe(true)
    inARow = type.endsWith('failed') ? inARow + 1 : 0
    if (inARow > 10) expect(sinceLock, 'I2: the tenth locks').toBeLessThan(Number.POSITIVE_INFINITY)
  }
}

const isGuess = (type: Event['type']): boolean => /^(challenge|enrollment)\.(failed|verified|confirmed)$/.test(type)
