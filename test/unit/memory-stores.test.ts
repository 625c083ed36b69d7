/** The stores of this process under a clock that stands still: what the contract suites say, here to the very millisecond. */
import { describe, expect, it } from 'vitest'
import { makeMemoryCodeStore } from '../../src/adapters/memory/code-store.ts'
import { makeMemorySendLimits } from '../../src/adapters/memory/send-limits.ts'
import type { LimitWindow, SendLimit } from '../../src/domain/limits.ts'
import type { OpenCode } from '../../src/ports/code-store.ts'
import { again, newChallenge, newCode, newEnrollment, newTarget } from '../contract/sample-codes.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const MIDNIGHT = Date.parse('2026-05-01T00:00:00Z')

describe('codes', () => {
  const START = MIDNIGHT + 12 * HOUR

  /** A store at `START`, and what to ask it. */
  function open() {
    let at = START
    const codes = makeMemoryCodeStore(() => at)
    return {
      codes,
      to: (ms: number) => {
        at = START + ms
      },
      status: async ({ binding }: OpenCode) => (await codes.read(binding))?.status ?? 'missing',
      spend: async ({ binding }: OpenCode, id: string) => (await codes.spend(binding, binding.loginDigest, id)).outcome,
      renew: async ({ binding, code }: OpenCode, target = code.target) =>
        (await codes.renew(binding, newCode(target, code.lifetimeMs))).outcome,
    }
  }

  it('end with their lifetime, and may be read for an hour after that', async () => {
    const { codes, to, status, spend } = open()
    const challenge = newChallenge(5 * MINUTE)
    expect((await codes.open(challenge)).record.expiresAt).toEqual(new Date(START + 5 * MINUTE))
    to(5 * MINUTE - 1)
    expect([await status(challenge), await spend(challenge, 'a')]).toEqual(['pending', 'spent'])
    to(5 * MINUTE)
    expect([await status(challenge), await spend(challenge, 'b')]).toEqual(['expired', 'over'])
    to(65 * MINUTE - 1)
    expect([await status(challenge), await spend(challenge, 'a')]).toEqual(['expired', 'over'])
    to(65 * MINUTE)
    expect([await status(challenge), await spend(challenge, 'a')]).toEqual(['missing', 'missing'])
  })

  it('of an enrollment end with their lifetime, and with the enrollment at the latest', async () => {
    const { codes, to, status, spend } = open()
    const enrollment = newEnrollment(5 * MINUTE)
    await codes.open(enrollment)
    to(5 * MINUTE - 1)
    expect(await spend(enrollment, 'a')).toBe('spent')
    to(5 * MINUTE)
    expect([await status(enrollment), await spend(enrollment, 'b')]).toEqual(['pending', 'over'])
    to(8 * MINUTE)
    const renewed = await codes.renew(enrollment.binding, newCode(enrollment.code.target, 5 * MINUTE))
    expect(renewed).toMatchObject({ outcome: 'renewed', record: { expiresAt: new Date(START + 10 * MINUTE) } })
    to(10 * MINUTE - 1)
    expect([await status(enrollment), await spend(enrollment, 'c')]).toEqual(['pending', 'spent'])
    to(10 * MINUTE)
    expect([await status(enrollment), await spend(enrollment, 'd')]).toEqual(['expired', 'over'])
  })

  it('wait 30 s, 1, 2 and 4 minutes for the next one, not a millisecond less or more', async () => {
    const { codes, to, renew } = open()
    const challenge = newChallenge(10 * MINUTE)
    const { record } = await codes.open(challenge)
    expect(record).toMatchObject({ resendAt: new Date(START + 30 * SECOND), sendsLeft: 4, readAt: new Date(START) })
    let at = 0
    for (const wait of [30, 60, 120, 240]) {
      expect((await codes.read(challenge.binding))?.resendAt).toEqual(new Date(START + at + wait * SECOND))
      at += wait * SECOND
      to(at - 1)
      expect(await renew(challenge)).toBe('too_soon')
      to(at)
      expect(await renew(challenge)).toBe('renewed')
    }
    expect(await codes.read(challenge.binding)).toMatchObject({ resendAt: null, sendsLeft: 0 })
    expect(await renew(challenge, newTarget())).toBe('sends_exhausted')
  })

  it('wait for each factor by its own sends', async () => {
    const { codes, to, renew } = open()
    const challenge = newChallenge(10 * MINUTE)
    await codes.open(challenge)
    const other = newTarget()
    to(10 * SECOND)
    expect(await renew(challenge, other)).toBe('renewed')
    expect((await codes.read(challenge.binding))?.resendAt).toEqual(new Date(START + 40 * SECOND))
    to(30 * SECOND)
    expect([await renew(challenge, other), await renew(challenge)]).toEqual(['too_soon', 'renewed'])
    expect((await codes.read(challenge.binding))?.resendAt).toEqual(new Date(START + 90 * SECOND))
  })

  it('live at most two at a time, each for its own lifetime, and to the newest factor only', async () => {
    const { codes, to } = open()
    const challenge = newChallenge(MINUTE)
    const alive = async (id: string) => {
      const spent = await codes.spend(challenge.binding, challenge.binding.loginDigest, id)
      return spent.outcome === 'spent' ? spent.codes.map(({ sendNo }) => sendNo) : spent.outcome
    }
    const renew = (target = challenge.code.target) => codes.renew(challenge.binding, newCode(target, 5 * MINUTE))
    await codes.open(challenge)
    to(30 * SECOND)
    await renew()
    to(MINUTE - 1)
    expect(await alive('a')).toEqual([2, 1])
    to(MINUTE)
    expect(await alive('b')).toEqual([2])
    to(90 * SECOND)
    await renew()
    expect(await alive('c')).toEqual([3, 2])
    await renew(newTarget())
    expect(await alive('d')).toEqual([4])
  })

  it('that were renewed shortly before their end are open for as long as the new one', async () => {
    const { codes, to, renew, status } = open()
    const challenge = newChallenge(5 * MINUTE)
    await codes.open(challenge)
    to(5 * MINUTE - 1)
    expect(await renew(challenge)).toBe('renewed')
    to(10 * MINUTE - 2)
    expect(await status(challenge)).toBe('pending')
    to(70 * MINUTE - 2)
    expect(await status(challenge)).toBe('expired')
    to(70 * MINUTE - 1)
    expect(await status(challenge)).toBe('missing')
  })

  it('that were renewed may be read no longer than before once that send was refused', async () => {
    const { codes, to, renew, status } = open()
    const challenge = newChallenge(5 * MINUTE)
    await codes.open(challenge)
    to(4 * MINUTE)
    await renew(challenge)
    await codes.noteSend(challenge.binding, 2, 'refused')
    to(65 * MINUTE - 1)
    expect(await status(challenge)).toBe('expired')
    to(65 * MINUTE)
    expect(await status(challenge)).toBe('missing')
  })

  it('that ran out of attempts may be read for an hour after the last', async () => {
    const { codes, to, spend, status } = open()
    const challenge = newChallenge(5 * MINUTE)
    await codes.open(challenge)
    for (const id of ['1', '2', '3', '4']) await spend(challenge, id)
    to(MINUTE)
    expect([await spend(challenge, '5'), await spend(challenge, '5'), await spend(challenge, '6')]).toEqual([
      'spent',
      'spent',
      'over',
    ])
    to(61 * MINUTE - 1)
    expect(await status(challenge)).toBe('exhausted')
    to(61 * MINUTE)
    expect(await status(challenge)).toBe('missing')
  })

  it('with attempts left are not over for one that was spent', async () => {
    const { codes, to, spend, status } = open()
    const challenge = newChallenge(5 * MINUTE)
    await codes.open(challenge)
    await spend(challenge, '1')
    to(65 * MINUTE - 1)
    expect(await status(challenge)).toBe('expired')
  })

  it.each(['verified', 'exhausted', 'cancelled'] as const)('that were %s may be read for an hour', async ended => {
    const { codes, to, status } = open()
    const challenge = newChallenge(5 * MINUTE)
    await codes.open(challenge)
    to(MINUTE)
    await codes.end(challenge.binding, ended)
    to(61 * MINUTE - 1)
    expect(await status(challenge)).toBe(ended)
    to(61 * MINUTE)
    expect(await status(challenge)).toBe('missing')
  })

  it('of a login are the same until their end, and others from then on', async () => {
    const { codes, to } = open()
    const challenge = newChallenge(5 * MINUTE)
    await codes.open(challenge)
    to(5 * MINUTE - 1)
    expect((await codes.open(again(challenge))).outcome).toBe('existing')
    to(5 * MINUTE)
    expect((await codes.open(again(challenge))).outcome).toBe('opened')
  })

  it('that were superseded may be read for an hour after that, and taken back as long as they would have lived', async () => {
    const { codes, to, status } = open()
    const first = newChallenge(5 * MINUTE)
    await codes.open(first)
    to(MINUTE)
    const second = again(first, { sameness: 'other' })
    await codes.open(second)
    to(61 * MINUTE - 1)
    expect(await status(first)).toBe('superseded')
    to(61 * MINUTE)
    expect(await status(first)).toBe('missing')
  })

  it('that were displaced by a refused send are what they were: pending, or out of attempts since then', async () => {
    const { codes, to, status, spend } = open()
    const [first, spent] = [newChallenge(5 * MINUTE), newChallenge(5 * MINUTE)]
    for (const opening of [first, spent]) await codes.open(opening)
    for (const id of ['1', '2', '3', '4', '5']) await spend(spent, id)
    to(MINUTE)
    for (const opening of [first, spent]) {
      const second = again(opening, { sameness: 'other' })
      await codes.open(second)
      await codes.noteSend(second.binding, 1, 'refused')
    }
    expect([await status(first), await status(spent)]).toEqual(['pending', 'exhausted'])
    to(HOUR)
    expect([await status(first), await status(spent)]).toEqual(['expired', 'missing'])
    to(65 * MINUTE - 1)
    expect(await status(first)).toBe('expired')
    to(65 * MINUTE)
    expect(await status(first)).toBe('missing')
  })

  it('that had ended before they were displaced keep their end', async () => {
    const { codes, to, status } = open()
    const first = newChallenge(5 * MINUTE)
    await codes.open(first)
    await codes.end(first.binding, 'verified')
    to(MINUTE)
    const second = again(first)
    await codes.open(second)
    await codes.noteSend(second.binding, 1, 'refused')
    to(HOUR - 1)
    expect(await status(first)).toBe('verified')
    to(HOUR)
    expect(await status(first)).toBe('missing')
  })

  it('taken back in whatever order leave the oldest open', async () => {
    const { codes, status } = open()
    const first = newChallenge()
    const others = ['2', '3', '4'].map(sameness => again(first, { sameness }))
    for (const opening of [first, ...others]) await codes.open(opening)
    const [second, third, fourth] = others as [OpenCode, OpenCode, OpenCode]
    for (const { binding } of [second, third]) await codes.noteSend(binding, 1, 'refused')
    expect(await Promise.all([first, second, third, fourth].map(status))).toEqual([
      'superseded',
      'missing',
      'missing',
      'pending',
    ])
    await codes.noteSend(fourth.binding, 1, 'refused')
    expect(await status(first)).toBe('pending')
  })

  it('of another portal, contact, purpose or login are others', async () => {
    const { codes, status } = open()
    const challenge = newChallenge()
    await codes.open(challenge)
    const { binding } = challenge
    const elsewhere = [
      { ...binding, portalId: 'globex' as never },
      { ...binding, contactId: 'other' as never },
      { ...binding, purpose: 'change_factor' as const },
      { ...binding, loginDigest: 'other' },
    ]
    for (const [index, other] of elsewhere.entries()) {
      expect(await codes.read({ ...other, codeId: binding.codeId }), `${index}`).toEqual(
        index < 2 ? null : await codes.read(binding),
      )
      expect(
        (await codes.open({ ...again(challenge), binding: { ...other, codeId: again(challenge).binding.codeId } }))
          .outcome,
      ).toBe('opened')
    }
    expect(await status(challenge)).toBe('pending')
  })
})

describe('send limits', () => {
  let at = MIDNIGHT
  const limits = makeMemorySendLimits(() => at)
  let made = 0

  /** A limit of its own, and what becomes of a send under it so many ms after midnight. */
  function limit(...windows: LimitWindow[]) {
    const under: SendLimit = { name: 'contact', key: `c/${++made}`, windows }
    return {
      under,
      async send(ms: number, id = `send-${++made}`) {
        at = MIDNIGHT + ms
        const reserved = await limits.reserve(id, [under])
        return reserved.granted ? { used: reserved.used[under.key] } : { wait: reserved.retryAfterSeconds }
      },
      giveBack: (ms: number, id: string) => {
        at = MIDNIGHT + ms
        return limits.giveBack(id, [under])
      },
    }
  }

  it('slide: a send leaves the window at its very end, and the wait is told in whole seconds, rounded up', async () => {
    const { send } = limit({ max: 2, seconds: 600 })
    expect(await send(0)).toEqual({ used: 1 })
    expect(await send(100_000)).toEqual({ used: 2 })
    expect(await send(200_000)).toEqual({ wait: 400 })
    expect(await send(598_999)).toEqual({ wait: 2 })
    expect(await send(599_000)).toEqual({ wait: 1 })
    expect(await send(599_999)).toEqual({ wait: 1 })
    expect(await send(600_000)).toEqual({ used: 2 })
    expect(await send(699_999)).toEqual({ wait: 1 })
    expect(await send(700_000)).toEqual({ used: 2 })
  })

  it('hold every window, wait for the last one, and tell what the first holds', async () => {
    const { send } = limit({ max: 1, seconds: 60 }, { max: 2, seconds: 600 })
    expect(await send(0)).toEqual({ used: 1 })
    expect(await send(59_999)).toEqual({ wait: 1 })
    expect(await send(60_000)).toEqual({ used: 1 })
    expect(await send(100_000)).toEqual({ wait: 500 })
    expect(await send(599_999)).toEqual({ wait: 1 })
    expect(await send(600_000)).toEqual({ used: 1 })
    expect(await send(600_001)).toEqual({ wait: 60 })
  })

  it('wait until enough have left where a smaller maximum is asked for', async () => {
    const { under, send } = limit({ max: 3, seconds: 600 })
    for (const ms of [0, 100_000, 200_000]) await send(ms)
    at = MIDNIGHT + 300_000
    const retryAfter = async (max: number) => {
      const reserved = await limits.reserve('small', [{ ...under, windows: [{ max, seconds: 600 }] }])
      return reserved.granted || reserved.retryAfterSeconds
    }
    expect([await retryAfter(0), await retryAfter(1), await retryAfter(2), await retryAfter(3)]).toEqual([
      600, 500, 400, 300,
    ])
  })

  it('count a send that is held once, and one that was given back not at all', async () => {
    const { send, giveBack } = limit({ max: 2, seconds: 600 })
    expect([await send(0, 'a'), await send(1000, 'b'), await send(2000, 'a')]).toEqual([
      { used: 1 },
      { used: 2 },
      { used: 2 },
    ])
    expect(await send(600_000, 'c')).toEqual({ used: 2 })
    await giveBack(600_001, 'b')
    expect(await send(600_001, 'd')).toEqual({ used: 2 })
  })

  it('count a send anew that has left the longest window', async () => {
    const { send } = limit({ max: 5, seconds: 600 })
    expect([await send(0, 'a'), await send(300_000, 'b'), await send(600_000, 'a')]).toEqual([
      { used: 1 },
      { used: 2 },
      { used: 2 },
    ])
  })

  it('of a day begin anew at midnight UTC', async () => {
    const { send } = limit({ max: 2, perUtcDay: true })
    expect([await send(0), await send(DAY - 1001)]).toEqual([{ used: 1 }, { used: 2 }])
    expect(await send(DAY - 1001)).toEqual({ wait: 2 })
    expect(await send(DAY - 1000)).toEqual({ wait: 1 })
    expect(await send(DAY - 1)).toEqual({ wait: 1 })
    expect(await send(DAY)).toEqual({ used: 1 })
    expect(await send(DAY)).toEqual({ used: 2 })
    expect(await send(DAY)).toEqual({ wait: 86_400 })
  })

  it('of a day take a send back from ten seconds after midnight on, and never below none', async () => {
    const { send, giveBack } = limit({ max: 1, perUtcDay: true })
    await send(0, 'a')
    await giveBack(9999, 'a')
    expect(await send(9999)).toMatchObject({ wait: expect.any(Number) })
    await giveBack(10_000, 'a')
    await giveBack(10_000, 'a')
    expect([await send(10_000), await send(10_000)]).toEqual([{ used: 1 }, { wait: 86_390 }])
    await giveBack(DAY + 10_000, 'a')
    expect([await send(DAY + 10_000), await send(DAY + 10_000)]).toEqual([{ used: 1 }, { wait: 86_390 }])
  })

  it('of a day and a window are held both', async () => {
    const { send } = limit({ max: 1, seconds: 60 }, { max: 2, perUtcDay: true })
    expect([await send(0), await send(1000), await send(60_000), await send(120_000)]).toEqual([
      { used: 1 },
      { wait: 59 },
      { used: 1 },
      { wait: 86_280 },
    ])
    const reversed = limit({ max: 2, perUtcDay: true }, { max: 1, seconds: 60 })
    expect([await reversed.send(0), await reversed.send(60_000)]).toEqual([{ used: 1 }, { used: 2 }])
  })

  it('are reserved all or none, and the first that refuses is named', async () => {
    const [roomy, full] = [limit({ max: 5, seconds: 600 }), limit({ max: 1, seconds: 600 })]
    await full.send(0)
    const [one, two] = [roomy.under, { ...full.under, name: 'prefix' as const }]
    expect(await limits.reserve('x', [one, two])).toEqual({ granted: false, refused: 'prefix', retryAfterSeconds: 600 })
    expect(await roomy.send(0)).toEqual({ used: 1 })
    expect(await limits.reserve('y', [one])).toEqual({ granted: true, used: { [one.key]: 2 } })
    await limits.clear([two])
    expect(await limits.reserve('z', [one, two])).toEqual({ granted: true, used: { [one.key]: 3, [two.key]: 1 } })
  })
})
