/** The checker of histories finds each breach in a history made by hand, and none in a good one. */
import { describe, expect, it } from 'vitest'
import { makeRecorder, type RecordedCall, type TrailEvent, violationsIn } from '../support/history.ts'

type Given = Partial<RecordedCall> & Pick<RecordedCall, 'operation'>

/** Calls one after another, each from a full ten to nine past it; what a test gives wins. */
const inTurn = (...given: Given[]): RecordedCall[] =>
  given.map((call, at) => ({
    contactId: 'ann',
    codeId: 'chl_1',
    beganAt: at * 10,
    endedAt: at * 10 + 9,
    status: 200,
    code: null,
    requestId: `req_${at}`,
    ...call,
  }))

const trail = (...events: [type: string, requestId: string, challengeId?: string][]): TrailEvent[] =>
  events.map(([type, requestId, challengeId = 'chl_1']) => ({ type, requestId, details: { challengeId } }))

const started: Given = { operation: 'start_challenge', status: 201 }
const right: Given = { operation: 'verify' }
const wrong: Given = { operation: 'verify', status: 422, code: 'code_incorrect', wrong: true }
const requested: [string, string] = ['challenge.requested', 'req_0']

describe('a good history', () => {
  it('has no violations', () => {
    const calls = inTurn(started, wrong, right, { ...right, status: 409, code: 'already_used' })
    const events = trail(requested, ['challenge.failed', 'req_1'], ['challenge.verified', 'req_2'])
    expect(violationsIn(calls, events)).toEqual([])
  })

  it('may hold verdicts that nobody was told, and copies of a guess whose first answer got lost', () => {
    const lost: Given = { operation: 'verify', status: 503, code: 'unavailable', key: 'click' }
    const calls = inTurn(started, lost, { ...wrong, key: 'click' }, { ...lost, key: 'other' })
    const events = trail(requested, ['challenge.failed', 'req_1'], ['challenge.verified', 'req_3'])
    expect(violationsIn(calls, events)).toEqual([])
  })

  it('may hold a success that was on its way when the reset was acknowledged, and one of a later enrollment', () => {
    const reset: Given = { operation: 'reset' }
    const calls = inTurn(
      started,
      reset,
      { ...right, beganAt: 18, endedAt: 25 },
      { operation: 'start_enrollment', status: 201, codeId: 'enr_1' },
      { operation: 'confirm', codeId: 'enr_1' },
    )
    const events = [
      ...trail(requested, ['contact.reset', 'req_1', ''], ['challenge.verified', 'req_2']),
      { type: 'enrollment.requested', requestId: 'req_3', details: { enrollmentId: 'enr_1' } },
      { type: 'enrollment.confirmed', requestId: 'req_4', details: { enrollmentId: 'enr_1' } },
    ]
    expect(violationsIn(calls, events)).toEqual([])
  })
})

describe('the checker finds', () => {
  it('two successes of one challenge', () => {
    const events = trail(requested, ['challenge.verified', 'req_1'], ['challenge.verified', 'req_2'])
    const found = violationsIn(inTurn(started, right, right), events)
    expect(found).toEqual(['chl_1: 2 successes told', 'chl_1: 2 successes recorded'])
  })

  it('a sixth verdict, but not a sixth copy of one', () => {
    const copies = Array.from({ length: 6 }, () => ({ ...wrong, key: 'click' }))
    const failures = copies.map((_, at): [string, string] => ['challenge.failed', `req_${at + 1}`])
    expect(violationsIn(inTurn(started, ...copies), trail(requested, ['challenge.failed', 'req_1']))).toEqual([])
    const guesses = copies.map(({ key: _, ...guess }) => guess)
    const found = violationsIn(inTurn(started, ...guesses), trail(requested, ...failures))
    expect(found).toEqual(['chl_1: 6 verdicts told', 'chl_1: 6 verdicts recorded'])
  })

  it('a wrong code that succeeded', () => {
    const events = trail(requested, ['challenge.verified', 'req_1'])
    const found = violationsIn(inTurn(started, { ...right, wrong: true }), events)
    expect(found).toEqual(['chl_1: a wrong code succeeded'])
  })

  it('a success that began after a reset was acknowledged', () => {
    const events = trail(requested, ['contact.reset', 'req_1', ''], ['challenge.verified', 'req_2'])
    const found = violationsIn(inTurn(started, { operation: 'reset' }, right), events)
    expect(found).toEqual(['chl_1: succeeded after a reset'])
  })

  it('a success that began after MFA was turned off, whether or not it is on again', () => {
    const [off, on]: Given[] = [{ operation: 'turn_off' }, { operation: 'turn_on' }]
    const events = (success: string) => trail(requested, ['challenge.verified', success])
    const message = 'chl_1: succeeded after MFA was turned off'
    expect(violationsIn(inTurn(started, off as Given, right), events('req_2'))).toEqual([message])
    expect(violationsIn(inTurn(started, off as Given, on as Given, right), events('req_3'))).toEqual([message])
  })

  it('a success while MFA was off, of a challenge that was started meanwhile', () => {
    const meanwhile: Given = { ...started, beganAt: 5, endedAt: 15, requestId: 'req_0' }
    const off: Given = { operation: 'turn_off', beganAt: 0, endedAt: 9, requestId: 'req_1' }
    const events = trail(requested, ['challenge.verified', 'req_2'])
    expect(violationsIn(inTurn(meanwhile, off, right), events)).toEqual(['chl_1: succeeded after MFA was turned off'])
    // Turned on before it ended: then it may have been made, and have succeeded, in the new epoch.
    const on: Given = { operation: 'turn_on', beganAt: 12, endedAt: 14 }
    expect(violationsIn(inTurn(meanwhile, off, right, on), events)).toEqual([])
  })

  it.each<[string, Given, string]>([
    ['start', started, 'challenge.requested'],
    ['start of an enrollment', { operation: 'start_enrollment', status: 201 }, 'enrollment.requested'],
    ['resend', { operation: 'resend_challenge' }, 'challenge.resent'],
    ['resend of an enrollment', { operation: 'resend_enrollment' }, 'enrollment.resent'],
    ['success', right, 'challenge.verified'],
    ['failure', wrong, 'challenge.failed'],
    ['confirmation', { operation: 'confirm' }, 'enrollment.confirmed'],
    ['failed confirmation', { ...wrong, operation: 'confirm' }, 'enrollment.failed'],
    ['reset', { operation: 'reset' }, 'contact.reset'],
  ])('a %s that was acknowledged and is not in the trail', (_, call, type) => {
    const found = violationsIn(inTurn(call), trail([type, 'req_of_another_call', 'chl_2'])).filter(
      violation => !violation.startsWith('chl_2'),
    )
    expect(found).toEqual([`chl_1: acknowledged, but no ${type}`])
  })

  it('a verdict in the trail that the caller was told otherwise, or that no call explains', () => {
    const refused: Given = { operation: 'verify', status: 410, code: 'expired' }
    const events = trail(requested, ['challenge.verified', 'req_1'], ['challenge.failed', 'req_9'])
    expect(violationsIn(inTurn(started, refused), events)).toEqual([
      'chl_1: challenge.verified, but the caller was told otherwise',
      'chl_1: challenge.failed, but the caller was told otherwise',
    ])
  })
})

describe('the recorder', () => {
  it('notes what was asked and answered, and when; and which challenge a start has made', async () => {
    let at = 0
    const recorder = makeRecorder(() => at++)
    const answer = { status: 201, body: { id: 'chl_7', code: { length: 6 } }, headers: { 'x-request-id': 'req_7' } }
    const asked = { operation: 'start_challenge', contactId: 'ann', key: 'click' } as const
    expect(await recorder.record(asked, async () => answer)).toBe(answer)
    const times = { beganAt: 0, endedAt: 1 }
    expect(recorder.calls).toEqual([
      { ...asked, ...times, codeId: 'chl_7', status: 201, code: null, requestId: 'req_7' },
    ])
  })
})
