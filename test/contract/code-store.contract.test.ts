import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CodeTarget } from '../../src/domain/code.ts'
import { loginIdSchema } from '../../src/domain/ids.ts'
import type { CodeStore, OpenCode, Renewed, Spent } from '../../src/ports/code-store.ts'
import { again, newChallenge, newChallengeId, newCode, newEnrollment, newTarget } from './sample-codes.ts'
import { rows, type Stores } from './stores.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

describe.each(rows)('code store: %s', (_name, open) => {
  let stores: Stores
  let codes: CodeStore
  beforeAll(async () => {
    stores = await open()
    codes = stores.codes
  }, 30_000)
  afterAll(() => stores?.close())

  const statusOf = async ({ binding }: OpenCode) => (await codes.read(binding))?.status ?? 'missing'
  const spend = ({ binding }: OpenCode, attemptId: string) => codes.spend(binding, binding.loginDigest, attemptId)
  const renew = ({ binding, code }: OpenCode, target = code.target) =>
    codes.renew(binding, newCode(target, code.lifetimeMs))
  const digests = (spent: Spent) => (spent.outcome === 'spent' ? spent.codes.map(({ digest }) => digest) : [])

  /** Opens it, and moves on to where the next code may be sent. */
  async function opened(opening: OpenCode): Promise<OpenCode> {
    expect((await codes.open(opening)).outcome).toBe('opened')
    return opening
  }

  async function exhaust(opening: OpenCode): Promise<void> {
    for (const attempt of ['1', '2', '3', '4', '5']) expect((await spend(opening, attempt)).outcome).toBe('spent')
  }

  describe('opening', () => {
    it('keeps what was opened, with all budgets full', async () => {
      const enrollment = newEnrollment()
      const { outcome, record } = await codes.open(enrollment)
      expect(outcome).toBe('opened')
      expect(record).toMatchObject({
        binding: enrollment.binding,
        status: 'pending',
        target: enrollment.code.target,
        codeLength: 6,
        attemptsLeft: 5,
        sendsLeft: 4,
        delivery: 'unknown',
      })
      expect(record.expiresAt.getTime() - Number(record.resendAt)).toBe(300_000 - 30_000)
      expect(record.expiresAt > record.readAt).toBe(true)
      const read = await codes.read(enrollment.binding)
      expect({ ...read, readAt: null }).toEqual({ ...record, readAt: null })
    })

    it('answers the pending one when the same is opened again, and changes nothing', async () => {
      const challenge = await opened(newChallenge())
      await spend(challenge, 'one')
      const second = again(challenge)
      const { outcome, record } = await codes.open(second)
      expect(outcome).toBe('existing')
      expect(record).toMatchObject({ binding: challenge.binding, status: 'pending', attemptsLeft: 4, sendsLeft: 4 })
      expect(await statusOf(second)).toBe('missing')
      expect(digests(await spend(challenge, 'two'))).toEqual([challenge.code.digest])
    })

    it('supersedes what the login had open when another is opened', async () => {
      const first = await opened(newChallenge())
      const second = await opened(again(first, { sameness: 'other' }))
      expect(await statusOf(first)).toBe('superseded')
      expect(await statusOf(second)).toBe('pending')
      expect((await spend(first, 'late')).outcome).toBe('over')
      expect((await renew(first)).outcome).toBe('over')
    })

    it.each(['verified', 'exhausted', 'cancelled'] as const)('opens anew after the same one was %s', async status => {
      const first = await opened(newChallenge())
      await codes.end(first.binding, status)
      await opened(again(first))
      expect(await statusOf(first)).toBe(status)
    })

    it('opens anew after the same one has expired or has no attempts left', async () => {
      const expired = await opened(newChallenge())
      stores.advance(6 * MINUTE)
      await opened(again(expired))
      const spent = await opened(newChallenge())
      await exhaust(spent)
      await opened(again(spent))
      expect(await statusOf(spent)).toBe('exhausted')
    })

    it('leaves other logins and purposes of the contact alone', async () => {
      const first = await opened(newChallenge())
      const otherLogin = again(first)
      otherLogin.binding.loginDigest = loginIdSchema.parse('other-login')
      const otherPurpose = again(first)
      otherPurpose.binding.purpose = 'change_factor'
      await opened(otherLogin)
      await opened(otherPurpose)
      expect(await Promise.all([first, otherLogin, otherPurpose].map(statusOf))).toEqual(times(3, () => 'pending'))
    })

    it('keeps contacts apart whose ids run together', async () => {
      const first = await opened(newChallenge())
      const [portalId, contactId] = ['a', 'bc'] as unknown as [
        typeof first.binding.portalId,
        typeof first.binding.contactId,
      ]
      const one = { ...first, binding: { ...first.binding, portalId, contactId } }
      const other = {
        ...one,
        binding: { ...one.binding, portalId: 'ab' as typeof portalId, contactId: 'c' as typeof contactId },
      }
      await opened(one)
      expect(await statusOf(other)).toBe('missing')
      await opened(other)
      expect(await Promise.all([one, other].map(statusOf))).toEqual(['pending', 'pending'])
    })

    it('begins anew when an id is opened that had ended, and forgets it when that is taken back', async () => {
      const challenge = await opened(newChallenge())
      await codes.end(challenge.binding, 'verified')
      await opened(challenge)
      expect(await statusOf(challenge)).toBe('pending')
      await codes.noteSend(challenge.binding, 1, 'refused')
      expect(await statusOf(challenge)).toBe('missing')
    })

    it('opens one when fifty tabs of a login start the same at once', async () => {
      const challenge = newChallenge()
      const results = await Promise.all(times(50, () => codes.open(again(challenge))))
      expect(results.filter(({ outcome }) => outcome === 'opened')).toHaveLength(1)
      expect(new Set(results.map(({ record }) => record.binding.codeId)).size).toBe(1)
    })

    it('leaves one pending when fifty different ones are opened in a login at once', async () => {
      const challenge = newChallenge()
      const openings = times(50, index => again(challenge, { sameness: `${index}` }))
      await Promise.all(openings.map(opening => codes.open(opening)))
      const statuses = await Promise.all(openings.map(statusOf))
      expect(statuses.filter(status => status === 'pending')).toHaveLength(1)
      expect(statuses.filter(status => status === 'superseded')).toHaveLength(49)
    })
  })

  describe('renewing', () => {
    it('keeps the waits of 30 s, 1, 2 and 4 minutes, and sends five codes at most', async () => {
      const enrollment = await opened(newEnrollment(600_000))
      for (const [index, waitSeconds] of [30, 60, 120, 240].entries()) {
        const soon = await renew(enrollment)
        expect(soon.outcome).toBe('too_soon')
        stores.advance(waitSeconds * SECOND - 5 * SECOND)
        expect((await renew(enrollment)).outcome).toBe('too_soon')
        stores.advance(5 * SECOND)
        expect(await renew(enrollment)).toMatchObject({
          outcome: 'renewed',
          sendNo: index + 2,
          record: { sendsLeft: 3 - index, delivery: 'unknown', status: 'pending' },
        })
      }
      expect(await renew(enrollment)).toMatchObject({
        outcome: 'sends_exhausted',
        record: { resendAt: null, sendsLeft: 0 },
      })
    })

    it('says to the millisecond when the next code may be sent', async () => {
      const enrollment = await opened(newEnrollment(600_000))
      const due = (await codes.read(enrollment.binding))?.resendAt?.getTime() ?? Number.NaN
      stores.advance(29_990)
      const outcomes: Renewed['outcome'][] = []
      while (outcomes.at(-1) !== 'renewed') {
        const renewed = await renew(enrollment)
        outcomes.push(renewed.outcome)
        if (renewed.outcome === 'too_soon')
          expect(renewed.record.readAt.getTime()).toBeLessThan(renewed.record.resendAt?.getTime() ?? 0)
        if (renewed.outcome === 'renewed') expect(renewed.record.readAt.getTime()).toBeGreaterThanOrEqual(due)
        stores.advance(1)
      }
      expect(new Set(outcomes).size).toBeLessThanOrEqual(2)
    })

    it('sends one code when fifty resends come at once', async () => {
      const challenge = await opened(newChallenge())
      stores.advance(30 * SECOND)
      const results = await Promise.all(times(50, () => renew(challenge)))
      expect(results.filter(({ outcome }) => outcome === 'renewed')).toHaveLength(1)
      expect(results.filter(({ outcome }) => outcome === 'too_soon')).toHaveLength(49)
    })

    it('keeps the newest code and the one before alive, and no older one', async () => {
      const enrollment = await opened(newEnrollment(600_000))
      const second = newCode(enrollment.code.target, 600_000)
      const third = newCode(enrollment.code.target, 600_000)
      stores.advance(30 * SECOND)
      await codes.renew(enrollment.binding, second)
      expect(digests(await spend(enrollment, 'a'))).toEqual([second.digest, enrollment.code.digest])
      stores.advance(60 * SECOND)
      await codes.renew(enrollment.binding, third)
      expect(await spend(enrollment, 'b')).toMatchObject({
        codes: [
          { digest: third.digest, kid: 'k1', sendNo: 3, target: enrollment.code.target },
          { digest: second.digest, kid: 'k1', sendNo: 2, target: enrollment.code.target },
        ],
      })
    })

    it('lets each code live for its own lifetime', async () => {
      const challenge = await opened(newChallenge())
      const second = newCode(challenge.code.target)
      stores.advance(2 * MINUTE)
      await codes.renew(challenge.binding, second)
      stores.advance(2 * MINUTE)
      expect(digests(await spend(challenge, 'a'))).toEqual([second.digest, challenge.code.digest])
      stores.advance(2 * MINUTE)
      expect(digests(await spend(challenge, 'b'))).toEqual([second.digest])
      stores.advance(2 * MINUTE)
      expect((await spend(challenge, 'c')).outcome).toBe('over')
    })

    it('kills all earlier codes with a send to another factor, for good', async () => {
      const challenge = await opened(newChallenge())
      const other = newCode(newTarget())
      const back = newCode(challenge.code.target)
      expect((await codes.renew(challenge.binding, other)).outcome).toBe('renewed')
      expect(digests(await spend(challenge, 'a'))).toEqual([other.digest])
      stores.advance(30 * SECOND)
      expect((await codes.renew(challenge.binding, back)).outcome).toBe('renewed')
      expect(digests(await spend(challenge, 'b'))).toEqual([back.digest])
    })

    it('tells when a code may go to the factor that was asked for, whichever the newest went to', async () => {
      const challenge = await opened(newChallenge())
      const first = challenge.code.target
      stores.advance(30 * SECOND)
      const sentTo = async (target: CodeTarget) => {
        const sent = await renew(challenge, target)
        if (sent.outcome !== 'renewed') throw new Error(sent.outcome)
        return sent.record.expiresAt.getTime() - 300 * SECOND
      }
      const firstAt = await sentTo(first)
      stores.advance(20 * SECOND)
      const other = newTarget()
      const otherAt = await sentTo(other)
      const retryAt = async (target: CodeTarget) => {
        const soon = await renew(challenge, target)
        if (soon.outcome !== 'too_soon') throw new Error(soon.outcome)
        expect(soon.record.target).toEqual(other)
        return soon.retryAt.getTime()
      }
      // The first factor got its second code, the other, which has the newest, its first.
      expect([await retryAt(first), await retryAt(other)]).toEqual([firstAt + 60 * SECOND, otherAt + 30 * SECOND])
    })

    it('counts waits per factor and sends over all factors', async () => {
      const challenge = await opened(newChallenge())
      const other = newTarget()
      expect(await renew(challenge, other)).toMatchObject({
        outcome: 'renewed',
        record: { target: other, sendsLeft: 3 },
      })
      expect((await renew(challenge, other)).outcome).toBe('too_soon')
      expect((await renew(challenge)).outcome).toBe('too_soon')
      stores.advance(30 * SECOND)
      expect((await renew(challenge)).outcome).toBe('renewed')
      expect((await renew(challenge)).outcome).toBe('too_soon')
      expect((await renew(challenge, other)).outcome).toBe('renewed')
      expect((await renew(challenge, newTarget())).outcome).toBe('renewed')
      expect((await renew(challenge, newTarget())).outcome).toBe('sends_exhausted')
    })

    it('gives no attempt back', async () => {
      const challenge = await opened(newChallenge())
      await spend(challenge, 'a')
      stores.advance(30 * SECOND)
      expect(await renew(challenge)).toMatchObject({ record: { attemptsLeft: 4 } })
    })

    it('renews nothing that is missing or over', async () => {
      expect((await renew(newChallenge())).outcome).toBe('missing')
      const challenge = await opened(newChallenge())
      await codes.end(challenge.binding, 'verified')
      stores.advance(30 * SECOND)
      expect(await renew(challenge)).toMatchObject({ outcome: 'over', record: { status: 'verified' } })
    })
  })

  describe('news of a send', () => {
    it('notes what became of the newest one', async () => {
      const challenge = await opened(newChallenge())
      await codes.noteSend(challenge.binding, 1, 'sent')
      expect(await codes.read(challenge.binding)).toMatchObject({ delivery: 'sent' })
      stores.advance(30 * SECOND)
      await renew(challenge)
      expect(await codes.read(challenge.binding)).toMatchObject({ delivery: 'unknown' })
      await codes.noteSend(challenge.binding, 1, 'sent')
      expect(await codes.read(challenge.binding)).toMatchObject({ delivery: 'unknown' })
      await codes.noteSend(challenge.binding, 2, 'sent')
      expect(await codes.read(challenge.binding)).toMatchObject({ delivery: 'sent' })
    })

    it('takes an opening back: the record is gone, and what it displaced is open again with what it had', async () => {
      const first = await opened(newChallenge())
      await spend(first, 'a')
      const before = await codes.read(first.binding)
      const second = await opened(again(first, { sameness: 'other' }))
      await codes.noteSend(second.binding, 1, 'refused')
      expect(await statusOf(second)).toBe('missing')
      expect({ ...(await codes.read(first.binding)), readAt: null }).toEqual({ ...before, readAt: null })
      expect((await codes.open(again(first))).outcome).toBe('existing')
      expect(digests(await spend(first, 'b'))).toEqual([first.code.digest])
    })

    it('lets what was displaced for a while be read until an hour after its own end', async () => {
      const first = await opened(newChallenge())
      const second = await opened(again(first, { sameness: 'other' }))
      await codes.noteSend(second.binding, 1, 'refused')
      stores.advance(62 * MINUTE)
      expect(await statusOf(first)).toBe('expired')
    })

    it('lets what was exhausted, and displaced for a while, be read until an hour after its last attempt', async () => {
      const first = await opened(newChallenge())
      await exhaust(first)
      stores.advance(MINUTE)
      const second = await opened(again(first))
      await codes.noteSend(second.binding, 1, 'refused')
      expect(await statusOf(first)).toBe('exhausted')
      stores.advance(HOUR)
      expect(await statusOf(first)).toBe('missing')
    })

    it('leaves nothing behind when the first opening of a login is taken back', async () => {
      const challenge = await opened(newChallenge())
      await codes.noteSend(challenge.binding, 1, 'refused')
      expect(await statusOf(challenge)).toBe('missing')
      expect((await spend(challenge, 'a')).outcome).toBe('missing')
      await opened(again(challenge))
    })

    it('takes a superseded opening back without reviving what came before it', async () => {
      const first = await opened(newChallenge())
      const second = await opened(again(first, { sameness: 'second' }))
      const third = await opened(again(first, { sameness: 'third' }))
      await codes.noteSend(second.binding, 1, 'refused')
      expect(await Promise.all([first, second, third].map(statusOf))).toEqual(['superseded', 'missing', 'pending'])
      await codes.noteSend(third.binding, 1, 'refused')
      expect(await Promise.all([first, second, third].map(statusOf))).toEqual(['pending', 'missing', 'missing'])
    })

    it('takes a resend of a superseded one back without reviving it', async () => {
      const first = await opened(newChallenge())
      await renew(first, newTarget())
      const second = await opened(again(first, { sameness: 'other' }))
      await codes.noteSend(first.binding, 2, 'refused')
      expect(await Promise.all([first, second].map(statusOf))).toEqual(['superseded', 'pending'])
    })

    it('takes a resend back: codes, sends and waits are as before', async () => {
      const challenge = await opened(newChallenge())
      await codes.noteSend(challenge.binding, 1, 'sent')
      stores.advance(30 * SECOND)
      const before = await codes.read(challenge.binding)
      const other = await renew(challenge, newTarget())
      expect(other).toMatchObject({ outcome: 'renewed', sendNo: 2 })
      await codes.noteSend(challenge.binding, 2, 'refused')
      expect({ ...(await codes.read(challenge.binding)), readAt: null }).toEqual({ ...before, readAt: null })
      expect(digests(await spend(challenge, 'a'))).toEqual([challenge.code.digest])
      expect(await renew(challenge)).toMatchObject({ outcome: 'renewed', record: { sendsLeft: 3 } })
    })

    it('never lets late or repeated news touch another send', async () => {
      const challenge = await opened(newChallenge())
      stores.advance(30 * SECOND)
      const second = await renew(challenge)
      if (second.outcome !== 'renewed') throw new Error(second.outcome)
      await codes.noteSend(challenge.binding, second.sendNo, 'refused')
      await codes.noteSend(challenge.binding, second.sendNo, 'refused')
      expect(await codes.read(challenge.binding)).toMatchObject({ sendsLeft: 4, status: 'pending' })
      const third = await renew(challenge)
      await codes.noteSend(challenge.binding, second.sendNo, 'refused')
      await codes.noteSend(challenge.binding, 1, 'refused')
      expect(third.outcome).toBe('renewed')
      expect(await codes.read(challenge.binding)).toMatchObject({ sendsLeft: 3, status: 'pending' })
    })

    it('takes nothing back from one that has ended, and makes nothing of one that is missing', async () => {
      const challenge = await opened(newChallenge())
      await codes.end(challenge.binding, 'verified')
      await codes.noteSend(challenge.binding, 1, 'refused')
      expect(await statusOf(challenge)).toBe('verified')
      const unknown = newChallenge()
      await codes.noteSend(unknown.binding, 1, 'sent')
      expect(await statusOf(unknown)).toBe('missing')
    })
  })

  describe('spending', () => {
    it('hands out what is to be compared, and one attempt less', async () => {
      const challenge = await opened(newChallenge())
      const spent = await spend(challenge, 'a')
      expect(spent).toMatchObject({ outcome: 'spent', record: { attemptsLeft: 4, status: 'pending' } })
      if (spent.outcome !== 'spent') return
      const { kid, digest, target } = challenge.code
      expect(spent.codes).toEqual([{ kid, digest, target, sendNo: 1 }])
      expect(spent.record.binding).toEqual(challenge.binding)
    })

    // Guesses sent all at once, in the hope that each sees the counter before the others have moved it.
    it('RACE-1, RACE-7: spends exactly five of two hundred attempts that come at once, and then none', async () => {
      const challenge = await opened(newChallenge())
      const results = await Promise.all(times(200, index => spend(challenge, `attempt-${index}`)))
      const spent = results.flatMap(result => (result.outcome === 'spent' ? [result.record.attemptsLeft] : []))
      expect(spent.sort()).toEqual([0, 1, 2, 3, 4])
      expect(results.filter(({ outcome }) => outcome === 'over')).toHaveLength(195)
      expect(await spend(challenge, 'the right one')).toMatchObject({
        outcome: 'over',
        record: { status: 'exhausted', attemptsLeft: 0 },
      })
    })

    it('charges one attempt that is repeated only once, at the same time or later', async () => {
      const challenge = await opened(newChallenge())
      const results = await Promise.all(times(20, () => spend(challenge, 'same')))
      expect(results.every(({ outcome }) => outcome === 'spent')).toBe(true)
      expect(await codes.read(challenge.binding)).toMatchObject({ attemptsLeft: 4 })
      for (const attempt of ['2', '3', '4', '5']) await spend(challenge, attempt)
      expect(digests(await spend(challenge, '5'))).toEqual([challenge.code.digest])
      expect(await spend(challenge, '6')).toMatchObject({ outcome: 'over', record: { attemptsLeft: 0 } })
      await codes.end(challenge.binding, 'exhausted')
      expect((await spend(challenge, '5')).outcome).toBe('over')
    })

    it('knows no record of another login, contact or portal, and charges nothing', async () => {
      const challenge = await opened(newChallenge())
      const { binding } = challenge
      const contactId = newChallenge().binding.contactId
      expect(await codes.spend(binding, 'another login', 'a')).toEqual({ outcome: 'missing' })
      expect(await codes.spend({ ...binding, contactId }, binding.loginDigest, 'a')).toEqual({ outcome: 'missing' })
      expect(await codes.read({ ...binding, contactId })).toBeNull()
      expect(await codes.spend({ ...binding, codeId: newChallengeId() }, binding.loginDigest, 'a')).toEqual({
        outcome: 'missing',
      })
      expect(await codes.read(binding)).toMatchObject({ attemptsLeft: 5 })
    })

    it('hands nothing out again, for a repeated attempt, of one that was superseded since', async () => {
      const challenge = await opened(newChallenge())
      await spend(challenge, 'a')
      await opened(again(challenge, { sameness: 'other' }))
      expect(await spend(challenge, 'a')).toMatchObject({ outcome: 'over', record: { status: 'superseded' } })
    })

    it('charges nothing once it is over', async () => {
      const challenge = await opened(newChallenge())
      await spend(challenge, 'a')
      await codes.end(challenge.binding, 'cancelled')
      for (const attempt of ['b', 'c', 'a'])
        expect(await spend(challenge, attempt)).toMatchObject({
          outcome: 'over',
          record: { status: 'cancelled', attemptsLeft: 4 },
        })
    })
  })

  describe('time', () => {
    // A check the wrong way round, or one that nobody ever runs, leaves codes good for ever.
    it('REUSE-5: is over from the very millisecond at which its code ends', async () => {
      const challenge = await opened(newChallenge())
      stores.advance(5 * MINUTE - 20)
      for (let step = 0; step < 40; step += 1) {
        const record = await codes.read(challenge.binding)
        if (!record) throw new Error('missing')
        expect(record.status).toBe(record.readAt < record.expiresAt ? 'pending' : 'expired')
        stores.advance(1)
      }
      expect(await spend(challenge, 'a')).toMatchObject({
        outcome: 'over',
        record: { status: 'expired', attemptsLeft: 5 },
      })
      expect((await renew(challenge)).outcome).toBe('over')
    })

    it('keeps an enrollment pending when its code has ended, and takes no attempt until there is another', async () => {
      const enrollment = await opened(newEnrollment(60_000))
      stores.advance(2 * MINUTE)
      expect(await spend(enrollment, 'a')).toMatchObject({
        outcome: 'over',
        record: { status: 'pending', attemptsLeft: 5 },
      })
      expect((await codes.open(again(enrollment))).outcome).toBe('existing')
      const second = newCode(enrollment.code.target, 60_000)
      expect((await codes.renew(enrollment.binding, second)).outcome).toBe('renewed')
      expect(digests(await spend(enrollment, 'b'))).toEqual([second.digest])
    })

    it('ends an enrollment after its time, and its last code with it', async () => {
      const enrollment = await opened(newEnrollment())
      stores.advance(8 * MINUTE)
      const renewed = await renew(enrollment)
      if (renewed.outcome !== 'renewed') throw new Error(renewed.outcome)
      const opening = (await codes.read(enrollment.binding))?.expiresAt.getTime() ?? 0
      expect(opening).toBe(renewed.record.expiresAt.getTime())
      expect(opening - renewed.record.readAt.getTime()).toBeLessThanOrEqual(2 * MINUTE)
      stores.advance(3 * MINUTE)
      expect((await spend(enrollment, 'a')).outcome).toBe('over')
      expect(await statusOf(enrollment)).toBe('expired')
    })

    it.each(['verified', 'exhausted', 'cancelled'] as const)('tells of one that was %s for an hour', async status => {
      const challenge = await opened(newChallenge())
      stores.advance(MINUTE)
      await codes.end(challenge.binding, status)
      stores.advance(HOUR - MINUTE)
      expect(await statusOf(challenge)).toBe(status)
      stores.advance(MINUTE)
      expect(await statusOf(challenge)).toBe('missing')
      expect((await spend(challenge, 'a')).outcome).toBe('missing')
    })

    it('tells of an expired, a superseded and a spent one for an hour after that', async () => {
      const expired = await opened(newChallenge())
      const superseded = await opened(newChallenge())
      const spent = await opened(newChallenge())
      await opened(again(superseded, { sameness: 'other' }))
      await exhaust(spent)
      const statuses = () => Promise.all([expired, superseded, spent].map(statusOf))
      stores.advance(59 * MINUTE)
      expect(await statuses()).toEqual(['expired', 'superseded', 'exhausted'])
      stores.advance(2 * MINUTE)
      expect(await statuses()).toEqual(['expired', 'missing', 'missing'])
      stores.advance(5 * MINUTE)
      expect(await statuses()).toEqual(['missing', 'missing', 'missing'])
    })
  })

  describe('ending', () => {
    it('changes only what is pending', async () => {
      const challenge = await opened(newChallenge())
      await codes.end(challenge.binding, 'verified')
      await codes.end(challenge.binding, 'cancelled')
      expect(await statusOf(challenge)).toBe('verified')
      const exhausted = await opened(newChallenge())
      await codes.end(exhausted.binding, 'exhausted')
      await codes.end(exhausted.binding, 'verified')
      expect(await statusOf(exhausted)).toBe('exhausted')
      const superseded = await opened(newChallenge())
      await opened(again(superseded, { sameness: 'other' }))
      await codes.end(superseded.binding, 'verified')
      expect(await statusOf(superseded)).toBe('superseded')
      const unknown = newChallenge()
      await codes.end(unknown.binding, 'verified')
      expect(await statusOf(unknown)).toBe('missing')
    })

    it('can still end well with the last attempt', async () => {
      const challenge = await opened(newChallenge())
      await exhaust(challenge)
      expect(await statusOf(challenge)).toBe('exhausted')
      await codes.end(challenge.binding, 'verified')
      expect(await statusOf(challenge)).toBe('verified')
    })
  })
})
