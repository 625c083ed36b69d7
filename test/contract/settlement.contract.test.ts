import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { countingFactors } from '../../src/domain/contact.ts'
import { decide } from '../../src/domain/decision.ts'
import type { FactorId } from '../../src/domain/ids.ts'
import type { ChallengeRequest, EnrollmentRequest } from '../../src/ports/settlement.ts'
import { OPEN_PATIENCE_MS, type OpenedDatabase, rows } from './databases.ts'
import {
  acme,
  type Binding,
  byPhone,
  challengeOf,
  context,
  enrollmentOf,
  globex,
  makeStory,
  newAttemptId,
  newChallengeId,
  newEnrollmentId,
  newFactorId,
  newRef,
  newTarget,
  type Story,
} from './sample-portals.ts'

const LOCK_SECONDS = 1800
const DAY = 86_400

describe.each(rows)('settlement: %s', (_name, open) => {
  let opened: OpenedDatabase
  let story: Story
  type Enrolled = Awaited<ReturnType<Story['enrolled']>>
  beforeAll(async () => {
    opened = await open()
  }, OPEN_PATIENCE_MS)
  afterAll(() => opened?.close())
  beforeEach(async () => {
    story = await makeStory(opened.database)
  })

  /** Spends so many wrong codes, each challenge's five at most; returns the last verdict. */
  async function fail(contact: Enrolled, times: number) {
    let challenge = challengeOf(contact)
    let verdict = await story.settle(challenge, contact.target, false)
    for (let made = 1; made < times; made++) {
      if (made % 5 === 0) challenge = challengeOf(contact)
      verdict = await story.settle(challenge, contact.target, false)
    }
    return verdict
  }
  type Changing = (contact: Binding & { address: FactorId }) => Promise<unknown>
  /** A contact with a phone and an address, of the portal's present epoch. */
  async function withTwoFactors() {
    const contact = await story.enrolled()
    const address = newTarget('email')
    const verdict = await story.settle(
      enrollmentOf(contact, null, { method: 'sms', epoch: contact.epoch ?? 0 }),
      address,
      true,
    )
    if (verdict.outcome !== 'verified') throw new Error(`adding was answered ${verdict.outcome}`)
    return { ...contact, ticket: verdict.ticket, address: address.factorId }
  }
  const removeFactor: Changing = contact =>
    story.contacts.change(contact, null, context, () => ({
      answer: null,
      change: { kind: 'removeFactor', factorId: contact.address },
    }))
  const succeed = (contact: Enrolled) => story.settle(challengeOf(contact), contact.target, true)
  const typesOf = async (contact: Binding) => (await story.eventsOf(contact)).map(({ type }) => type)

  describe('a challenge', () => {
    it('is verified once, and tells organization, ticket, epoch and the database’s time', async () => {
      const contact = await story.enrolled()
      const challenge = challengeOf(contact)
      const verdict = await story.settle(challenge, contact.target, true)
      const { now, factors } = await story.contacts.snapshot(contact)
      expect(verdict).toMatchObject({ outcome: 'verified', organizationId: acme, ticket: contact.ticket, epoch: 0 })
      expect(factors[0]?.usedAt).toEqual('at' in verdict && verdict.at)
      expect(factors[0]?.usedAt?.getTime()).toBeLessThanOrEqual(now.getTime())
      expect(await story.settle(challenge, contact.target, true)).toEqual({ outcome: 'already_used' })
    })

    it('notes who verified which challenge with which factor', async () => {
      const contact = await story.enrolled()
      const challenge = challengeOf(contact)
      await story.settle(challenge, contact.target, true)
      const [event] = await story.eventsOf(contact, 'challenge.verified')
      expect(event).toMatchObject({
        contactId: contact.contactId,
        organizationId: acme,
        actor: context.actor,
        requestId: context.requestId,
        details: {
          challengeId: challenge.codeId,
          factorId: contact.target.factorId,
          method: 'sms',
          purpose: 'login',
        },
      })
    })

    it('REUSE-4: counts five wrong codes, then refuses the right code as well', async () => {
      const contact = await story.enrolled()
      const challenge = challengeOf(contact)
      for (const attemptsLeft of [4, 3, 2, 1, 0])
        expect(await story.settle(challenge, contact.target, false)).toEqual({ outcome: 'incorrect', attemptsLeft })
      expect(await story.settle(challenge, contact.target, false)).toEqual({ outcome: 'exhausted' })
      expect(await story.settle(challenge, contact.target, true)).toEqual({ outcome: 'exhausted' })
      expect(await story.eventsOf(contact, 'challenge.failed')).toHaveLength(5)
    })

    it('charges nothing for a wrong code after the right one', async () => {
      const contact = await story.enrolled()
      const challenge = challengeOf(contact)
      await story.settle(challenge, contact.target, true)
      expect(await story.settle(challenge, contact.target, false)).toEqual({ outcome: 'already_used' })
      expect(await story.eventsOf(contact, 'challenge.failed')).toEqual([])
    })

    it('answers an attempt that is settled again alike, and charges it once', async () => {
      const contact = await story.enrolled()
      const challenge = challengeOf(contact)
      const [wrong, right] = [newAttemptId(), newAttemptId()]
      const incorrect = await story.settle(challenge, contact.target, false, wrong)
      await story.settle(challenge, contact.target, false)
      expect(await story.settle(challenge, contact.target, false, wrong)).toEqual(incorrect)
      const verified = await story.settle(challenge, contact.target, true, right)
      opened.advance(10)
      expect(await story.settle(challenge, contact.target, true, right)).toEqual(verified)
      expect(await story.settle(challenge, contact.target, false, wrong)).toEqual(incorrect)
      // In any order: some happened within one millisecond, which is all that PGlite's clock tells.
      expect((await typesOf(contact)).toSorted()).toEqual([
        'challenge.failed',
        'challenge.failed',
        'challenge.verified',
        'enrollment.confirmed',
        'enrollment.requested',
      ])
    })

    // REUSE-1: a process dies between the commit and the answer; what the retry is told must not be older than a reset.
    it.each([
      ['the contact was reset', (contact: Enrolled) => story.reset(contact)],
      [
        'its ticket was redrawn',
        (contact: Enrolled) => story.settle(enrollmentOf(contact, null, byPhone), newTarget('email'), true),
      ],
      ['MFA is off', () => story.change({ enabled: false })],
      ['its method is off', () => story.change({ methods: ['email'] })],
      [
        'MFA was turned off and on',
        async () => {
          await story.change({ enabled: false })
          await story.change({ enabled: true })
        },
      ],
    ])('is no success any more for whoever asks again after %s', async (_, happens) => {
      const contact = await story.enrolled()
      const challenge = challengeOf(contact)
      const [wrong, right] = [newAttemptId(), newAttemptId()]
      const incorrect = await story.settle(challenge, contact.target, false, wrong)
      await story.settle(challenge, contact.target, true, right)
      await happens(contact)
      expect(await story.settle(challenge, contact.target, true, right)).toEqual({ outcome: 'already_used' })
      expect(await story.settle(challenge, contact.target, false, wrong)).toEqual(incorrect)
      expect(await story.eventsOf(contact, 'challenge.verified')).toHaveLength(1)
    })

    it('of an enrollment is answered alike, but no success after a reset', async () => {
      const [enrollment, target, attemptId] = [enrollmentOf(await story.known()), newTarget(), newAttemptId()]
      const verified = await story.settle(enrollment, target, true, attemptId)
      expect(verified).toMatchObject({ outcome: 'verified' })
      expect(await story.settle(enrollment, target, true, attemptId)).toEqual(verified)
      await story.reset(enrollment)
      expect(await story.settle(enrollment, target, true, attemptId)).toEqual({ outcome: 'already_used' })
    })

    it('lives on when another factor is confirmed', async () => {
      const contact = await story.enrolled()
      const challenge = challengeOf(contact)
      await story.settle(enrollmentOf(contact, null, byPhone), newTarget('email'), true)
      expect(await story.settle(challenge, contact.target, true)).toMatchObject({ outcome: 'verified' })
    })

    it('is cancelled by a reset, an erasure, and the replacement of its factor', async () => {
      const [reset, erased, replaced] = [await story.enrolled(), await story.enrolled(), await story.enrolled()]
      await story.reset(reset)
      await story.contacts.change(erased, null, context, () => ({ answer: null, change: { kind: 'erase' } }))
      await story.settle(enrollmentOf(replaced, 'US', byPhone), newTarget(), true)
      for (const contact of [reset, erased, replaced]) expect(await succeed(contact)).toEqual({ outcome: 'cancelled' })
    })

    it('charges nobody for what is cancelled', async () => {
      const contact = await story.enrolled()
      expect(await story.settle(challengeOf(contact), newTarget(), false)).toEqual({ outcome: 'cancelled' })
      expect(await story.eventsOf(contact, 'challenge.failed')).toEqual([])
    })

    it('TEN-1: is cancelled for another contact’s factor and for another portal’s', async () => {
      const [contact, other] = [await story.enrolled(), await story.enrolled()]
      const { portalId } = await makeStory(opened.database)
      expect(await story.settle(challengeOf(contact), other.target, true)).toEqual({ outcome: 'cancelled' })
      expect(await story.settle(challengeOf({ ...contact, portalId }), contact.target, true)).toEqual({
        outcome: 'cancelled',
      })
    })

    it('EPOCH-2: says that MFA is off or the method not allowed, and stays void when they come back', async () => {
      const contact = await story.enrolled()
      await story.change({ methods: ['email'] })
      expect(await succeed(contact)).toEqual({ outcome: 'method_not_allowed' })
      await story.change({ methods: ['sms', 'email'] })
      expect(await succeed(contact)).toEqual({ outcome: 'cancelled' })
      await story.change({ enabled: false })
      expect(await succeed(contact)).toEqual({ outcome: 'mfa_disabled' })
      await story.change({ enabled: true })
      expect(await succeed(contact)).toEqual({ outcome: 'cancelled' })
    })

    it('is void when it is older than its method is valid, though the factor is younger', async () => {
      const before = await story.enrolled()
      await story.change({ enabled: false })
      await story.change({ enabled: true })
      const contact = await story.enrolled()
      expect(await story.settle(challengeOf({ ...contact, epoch: before.epoch ?? 0 }), contact.target, true)).toEqual({
        outcome: 'cancelled',
      })
      expect(await succeed(contact)).toMatchObject({ outcome: 'verified', epoch: 1 })
    })

    it('is cancelled when its factor’s country is no longer allowed, and lives when another one goes', async () => {
      const contact = await story.enrolled('sms', 'US')
      await story.change({ sms: { allowedCountries: ['US'] } })
      expect(await succeed(contact)).toMatchObject({ outcome: 'verified' })
      await story.change({ sms: { allowedCountries: ['CA'] } })
      expect(await succeed(contact)).toEqual({ outcome: 'cancelled' })
    })
  })

  describe('the lock', () => {
    it('BRUTE-2: comes with the tenth failure in a row, whatever challenges they belong to', async () => {
      const contact = await story.enrolled()
      expect(await fail(contact, 9)).toMatchObject({ outcome: 'incorrect' })
      expect(await fail(contact, 1)).toEqual({ outcome: 'locked', retryAfterSeconds: LOCK_SECONDS })
      const [event] = await story.eventsOf(contact, 'contact.locked')
      expect(event?.details).toMatchObject({ failures: 10, seconds: LOCK_SECONDS })
    })

    it('refuses right and wrong alike, counts neither, and is not extended', async () => {
      const contact = await story.enrolled()
      await fail(contact, 10)
      const lock = async () => (await story.contacts.snapshot(contact)).contact?.lockedUntil
      const locked = await lock()
      opened.advance(1000)
      for (const right of [true, false]) {
        const told = await story.settle(challengeOf(contact), contact.target, right)
        // A machine that runs all suites at once may have taken some seconds till here.
        const [least, most] = [LOCK_SECONDS - 1030, LOCK_SECONDS - 1000]
        if (told.outcome !== 'locked') throw new Error(told.outcome)
        expect(least <= told.retryAfterSeconds && told.retryAfterSeconds <= most).toBe(true)
      }
      expect(await lock()).toEqual(locked)
      expect(await story.eventsOf(contact, 'challenge.failed')).toHaveLength(10)
    })

    it('ends after 30 minutes; ten further failures lock again, a success begins anew', async () => {
      const contact = await story.enrolled()
      await fail(contact, 10)
      opened.advance(LOCK_SECONDS)
      expect(await fail(contact, 9)).toMatchObject({ outcome: 'incorrect' })
      expect(await fail(contact, 1)).toMatchObject({ outcome: 'locked' })
      opened.advance(LOCK_SECONDS)
      expect(await succeed(contact)).toMatchObject({ outcome: 'verified' })
      expect(await fail(contact, 9)).toMatchObject({ outcome: 'incorrect' })
    })

    it('answers the failure that locked alike when it is settled again', async () => {
      const contact = await story.enrolled()
      await fail(contact, 9)
      const [challenge, attemptId] = [challengeOf(contact), newAttemptId()]
      expect(await story.settle(challenge, contact.target, false, attemptId)).toMatchObject({ outcome: 'locked' })
      opened.advance(LOCK_SECONDS + 1)
      expect(await story.settle(challenge, contact.target, false, attemptId)).toMatchObject({ outcome: 'locked' })
      expect(await story.eventsOf(contact, 'contact.locked')).toHaveLength(1)
    })

    it('B-12: counts failures of enrollments and challenges together', async () => {
      const contact = await story.enrolled()
      await fail(contact, 5)
      const enrollment = enrollmentOf(contact, null, byPhone)
      for (const attemptsLeft of [4, 3, 2, 1])
        expect(await story.settle(enrollment, newTarget('email'), false)).toEqual({
          outcome: 'incorrect',
          attemptsLeft,
        })
      expect(await story.settle(enrollment, newTarget('email'), false)).toMatchObject({ outcome: 'locked' })
      expect(await succeed(contact)).toMatchObject({ outcome: 'locked' })
    })

    it('is of one contact: nobody else’s count moves', async () => {
      const [contact, other] = [await story.enrolled(), await story.enrolled()]
      await fail(contact, 10)
      expect(await succeed(other)).toMatchObject({ outcome: 'verified' })
    })
  })

  describe('the hard cap', () => {
    it('B-16: disables a factor with the fiftieth failure in a row, until a reset', async () => {
      const contact = await story.enrolled()
      for (let lock = 0; lock < 4; lock++) {
        expect(await fail(contact, 10)).toMatchObject({ outcome: 'locked' })
        opened.advance(LOCK_SECONDS)
      }
      expect(await fail(contact, 9)).toMatchObject({ outcome: 'incorrect' })
      expect(await fail(contact, 1)).toEqual({ outcome: 'disabled' })
      opened.advance(LOCK_SECONDS)
      expect(await succeed(contact)).toEqual({ outcome: 'disabled' })
      expect(decide(await story.contacts.snapshot(contact))).toMatchObject({ reason: 'reset_required' })
      const [event] = await story.eventsOf(contact, 'factor.disabled')
      expect(event?.details).toMatchObject({ factorId: contact.target.factorId, failuresInRow: 50 })
    })

    it('B-16: disables a factor with the hundredth failure in 30 days, successes or not', async () => {
      const contact = await story.enrolled()
      for (let round = 0; round < 11; round++) {
        await fail(contact, 9)
        expect(await succeed(contact)).toMatchObject({ outcome: 'verified' })
      }
      expect(await fail(contact, 1)).toEqual({ outcome: 'disabled' })
    })

    it('counts a sliding window: failures older than 30 days no longer, younger ones to the last', async () => {
      const contact = await story.enrolled()
      const failAndSucceed = async (rounds: number) => {
        for (let round = 0; round < rounds; round++) {
          await fail(contact, 9)
          await succeed(contact)
        }
      }
      await failAndSucceed(6)
      opened.advance(20 * DAY)
      await failAndSucceed(5)
      opened.advance(10 * DAY + 60)
      await failAndSucceed(5)
      expect(await fail(contact, 9)).toMatchObject({ outcome: 'incorrect' })
      expect(await fail(contact, 1)).toEqual({ outcome: 'disabled' })
    })

    it('of one factor leaves the other one usable', async () => {
      const contact = await story.enrolled()
      const added = { ...contact, target: newTarget('email') }
      await story.settle(enrollmentOf(contact, null, byPhone), added.target, true)
      for (let lock = 0; lock < 5; lock++) {
        await fail(contact, 10)
        opened.advance(LOCK_SECONDS)
      }
      expect(await succeed(contact)).toEqual({ outcome: 'disabled' })
      expect(await succeed(added)).toMatchObject({ outcome: 'verified' })
    })
  })

  describe('an enrollment', () => {
    it('makes the factor when the code is right, and redraws the ticket', async () => {
      const contact = await story.known()
      const target = newTarget()
      const verdict = await story.settle(enrollmentOf(contact, 'CA'), target, true)
      const snapshot = await story.contacts.snapshot(contact)
      expect(snapshot.contact?.ticket).not.toBe(contact.ticket)
      expect(verdict).toMatchObject({ outcome: 'verified', organizationId: acme, ticket: snapshot.contact?.ticket })
      expect(snapshot.factors).toMatchObject([
        {
          factorId: target.factorId,
          method: 'sms',
          country: 'CA',
          epoch: 0,
          destinationSealed: 'sealed',
          destinationMasked: target.destinationMasked,
          usedAt: null,
          disabledAt: null,
        },
      ])
    })

    it('ENR-4: makes no factor before the code was right', async () => {
      const contact = await story.known()
      await story.settle(enrollmentOf(contact), newTarget(), false)
      expect((await story.contacts.snapshot(contact)).factors).toEqual([])
    })

    it('counts five wrong codes, then refuses the right one as well', async () => {
      const contact = await story.known()
      const enrollment = enrollmentOf(contact)
      for (const attemptsLeft of [4, 3, 2, 1, 0])
        expect(await story.settle(enrollment, newTarget(), false)).toEqual({ outcome: 'incorrect', attemptsLeft })
      expect(await story.settle(enrollment, newTarget(), true)).toEqual({ outcome: 'exhausted' })
    })

    it('answers a confirmation that was committed unseen alike', async () => {
      const contact = await story.known()
      const [enrollment, target, attemptId] = [enrollmentOf(contact), newTarget(), newAttemptId()]
      const verdict = await story.settle(enrollment, target, true, attemptId)
      expect(await story.settle(enrollment, target, true, attemptId)).toEqual(verdict)
      expect(await story.settle(enrollment, target, true)).toEqual({ outcome: 'already_used' })
      expect(await story.eventsOf(contact, 'enrollment.confirmed')).toHaveLength(1)
    })

    it('ENR-5: is cancelled by a reset, by another confirmation, and by an erasure', async () => {
      const [reset, overtaken, erased] = [await story.known(), await story.known(), await story.known()]
      await story.reset(reset)
      await story.settle(enrollmentOf(overtaken), newTarget(), true)
      await story.contacts.change(erased, null, context, () => ({ answer: null, change: { kind: 'erase' } }))
      for (const contact of [reset, overtaken, erased])
        expect(await story.settle(enrollmentOf(contact), newTarget(), true)).toEqual({ outcome: 'cancelled' })
    })

    it('B-33: asks an enrolled contact for a step-up, also when the code is right', async () => {
      const contact = await story.enrolled()
      expect(await story.settle(enrollmentOf(contact, null), newTarget('email'), true)).toEqual({
        outcome: 'step_up_required',
      })
      expect(await story.settle(enrollmentOf(contact, null, byPhone), newTarget('email'), true)).toMatchObject({
        outcome: 'verified',
      })
    })

    // BIND-5: a factor that the portal has just shut out, or that is gone, still changes the others, by a proof that it gave before.
    it.each<[string, 'sms' | 'email', Changing]>([
      ['method was removed', 'email', () => story.change({ methods: ['sms'] })],
      ['country was removed', 'sms', () => story.change({ sms: { allowedCountries: ['CA'] } })],
      ['factor was removed', 'email', contact => removeFactor(contact)],
    ])('BIND-5: asks for a step-up anew where the %s of the factor that was proved', async (_, method, changing) => {
      const contact = await withTwoFactors()
      const provedBy = { method, epoch: 0 }
      const wish = method === 'sms' ? newTarget('email') : newTarget('sms')
      const pending = () => enrollmentOf(contact, wish.method === 'sms' ? 'CA' : null, provedBy)
      const early = pending()
      await changing(contact)
      for (const enrollment of [early, pending()])
        expect(await story.settle(enrollment, wish, true)).toEqual({ outcome: 'step_up_required' })
      expect(await story.eventsOf(contact, 'enrollment.confirmed')).toHaveLength(2)
    })

    it('BIND-5: takes no proof of an epoch, or of a factor, from before the method was allowed again', async () => {
      const old = await withTwoFactors()
      await story.change({ methods: ['sms'] })
      await story.change({ methods: ['sms', 'email'] })
      const confirm = (contact: Binding, epoch: number) =>
        story.settle({ ...enrollmentOf(contact, 'US', { method: 'email', epoch }), epoch: 1 }, newTarget(), true)
      for (const epoch of [0, 1]) expect(await confirm(old, epoch)).toEqual({ outcome: 'step_up_required' })
      const contact = await withTwoFactors()
      expect(await confirm(contact, 0)).toEqual({ outcome: 'step_up_required' })
      expect(await confirm(contact, 1)).toMatchObject({ outcome: 'verified' })
    })

    it('needs no step-up where the old factor no longer counts, and takes its place', async () => {
      const contact = await story.enrolled('sms', 'US')
      await story.change({ sms: { allowedCountries: ['CA'] } })
      const target = newTarget('email')
      const verdict = await story.settle(enrollmentOf(contact, null), target, true)
      expect(verdict).toMatchObject({ outcome: 'verified' })
      const { factors } = await story.contacts.snapshot(contact)
      expect(factors.map(({ factorId }) => factorId)).toEqual([target.factorId])
    })

    it('replaces the factor of the same method with its counts, and adds one of another', async () => {
      const contact = await story.enrolled()
      await fail(contact, 9)
      const [phone, address] = [newTarget('sms'), newTarget('email')]
      const verdict = await story.settle(enrollmentOf(contact, 'US', byPhone), phone, true)
      const ticket = 'ticket' in verdict ? verdict.ticket : ''
      await story.settle(enrollmentOf({ ...contact, ticket }, null, byPhone), address, true)
      const { factors } = await story.contacts.snapshot(contact)
      expect(factors.map(({ factorId }) => factorId).sort()).toEqual([phone.factorId, address.factorId].sort())
      expect(await fail({ ...contact, target: phone }, 9)).toMatchObject({ outcome: 'incorrect' })
    })

    it('replaces a factor that is one failure from its hard cap with one that has none', async () => {
      const contact = await story.enrolled()
      for (let lock = 0; lock < 4; lock++) {
        await fail(contact, 10)
        opened.advance(LOCK_SECONDS)
      }
      expect(await fail(contact, 9)).toMatchObject({ outcome: 'incorrect' })
      const target = newTarget()
      expect(await story.settle(enrollmentOf(contact, 'US', byPhone), target, true)).toMatchObject({
        outcome: 'verified',
      })
      const { contact: changed } = await story.contacts.snapshot(contact)
      const ticket = changed?.ticket ?? ''
      expect(await fail({ ...contact, ticket, target }, 1)).toMatchObject({ outcome: 'incorrect' })
    })

    it('makes a factor of its own epoch, also in the place of one of an older epoch', async () => {
      const contact = await story.enrolled()
      await story.change({ enabled: false })
      const { epoch } = await story.change({ enabled: true })
      await story.settle(enrollmentOf({ ...contact, epoch }), newTarget(), true)
      expect((await story.contacts.snapshot(contact)).factors).toMatchObject([{ epoch }])
    })

    it('takes factors that no longer count away with the confirmation, not with a guess, and from nobody else', async () => {
      const [contact, neighbour] = [await story.enrolled('email'), await story.enrolled('email')]
      await story.change({ methods: ['sms'] })
      const { epoch } = await story.read()
      const held = async (of: Binding) => (await story.contacts.snapshot(of)).factors.map(({ factorId }) => factorId)
      const [enrollment, target] = [enrollmentOf({ ...contact, epoch }), newTarget()]
      expect(await story.settle(enrollment, target, false)).toMatchObject({ outcome: 'incorrect' })
      expect(await held(contact)).toEqual([contact.target.factorId])
      expect(await story.settle(enrollment, target, true)).toMatchObject({ outcome: 'verified' })
      expect(await held(contact)).toEqual([target.factorId])
      expect(await held(neighbour)).toEqual([neighbour.target.factorId])
    })

    it('forgets skip and reset with the confirmation', async () => {
      const contact = await story.known()
      await story.contacts.change(contact, null, context, ({ now: at }) => ({
        answer: null,
        change: { kind: 'skip', at, epoch: 0, skips: 1 },
      }))
      await story.settle(enrollmentOf(contact), newTarget(), true)
      expect((await story.contacts.snapshot(contact)).contact).toMatchObject({ skip: null, resetAt: null, skips: 1 })
      const { portalId, contactId } = contact
      const skips = 'SELECT skipped_at, skip_epoch FROM contacts WHERE portal_id = $1 AND contact_id = $2'
      expect(await opened.sql(skips, [portalId, contactId])).toEqual([{ skipped_at: null, skip_epoch: null }])

      await story.reset(contact)
      const { contact: reset } = await story.contacts.snapshot(contact)
      await story.settle(enrollmentOf({ ...contact, ticket: reset?.ticket ?? '' }), newTarget(), true)
      expect((await story.contacts.snapshot(contact)).contact?.resetAt).toBeNull()
    })

    it('is refused while MFA is off, its method or country not allowed, or its epoch over', async () => {
      const contact = await story.known()
      const confirm = (country: string | null = 'US') => story.settle(enrollmentOf(contact, country), newTarget(), true)
      expect(await confirm('DE')).toEqual({ outcome: 'cancelled' })
      await story.change({ methods: ['email'] })
      expect(await confirm()).toEqual({ outcome: 'method_not_allowed' })
      await story.change({ methods: ['email', 'sms'] })
      expect(await confirm()).toEqual({ outcome: 'cancelled' })
      await story.change({ enabled: false })
      expect(await confirm()).toEqual({ outcome: 'mfa_disabled' })
      await story.change({ enabled: true })
      expect(await confirm()).toEqual({ outcome: 'cancelled' })
    })

    it('is refused while the contact is locked', async () => {
      const contact = await story.known()
      for (const enrollment of [enrollmentOf(contact), enrollmentOf(contact)])
        for (let attempt = 0; attempt < 5; attempt++) await story.settle(enrollment, newTarget(), false)
      expect(await story.settle(enrollmentOf(contact), newTarget(), true)).toMatchObject({ outcome: 'locked' })
      opened.advance(LOCK_SECONDS)
      expect(await story.settle(enrollmentOf(contact), newTarget(), true)).toMatchObject({ outcome: 'verified' })
    })
  })

  describe('requesting a challenge', () => {
    const request = (contact: Binding, over: Partial<ChallengeRequest> = {}) =>
      story.settlement.requestChallenge(
        {
          portalId: contact.portalId,
          contactId: contact.contactId,
          type: 'challenge.requested',
          challengeId: newChallengeId(),
          purpose: 'login',
          factorId: null,
          epoch: null,
          ...over,
        },
        context,
      )

    it('records it with the factor it goes to, and shows the contact', async () => {
      const contact = await story.enrolled()
      const challengeId = newChallengeId()
      const { snapshot, recorded } = await request(contact, { challengeId })
      expect(recorded).toBe(true)
      expect(snapshot).toEqual({ ...(await story.contacts.snapshot(contact)), now: snapshot.now })
      const [event] = await story.eventsOf(contact, 'challenge.requested')
      expect(event?.details).toEqual({
        challengeId,
        purpose: 'login',
        factorId: contact.target.factorId,
        method: 'sms',
      })
    })

    it('goes to the last proved factor unless one is named', async () => {
      const contact = await story.enrolled()
      const address = newTarget('email')
      await story.settle(enrollmentOf(contact, null, byPhone), address, true)
      const chosen = async (factorId: FactorId | null) => {
        await request(contact, { factorId })
        return (await story.eventsOf(contact, 'challenge.requested'))[0]?.details.factorId
      }
      opened.advance(1)
      await story.settle(challengeOf(contact), address, true)
      opened.advance(1)
      expect(await chosen(null)).toBe(address.factorId)
      await story.settle(challengeOf(contact), contact.target, true)
      opened.advance(1)
      expect(await chosen(null)).toBe(contact.target.factorId)
      opened.advance(1)
      expect(await chosen(address.factorId)).toBe(address.factorId)
    })

    it('records nothing for a contact that is unknown, not enrolled or locked, for no factor of its, or while MFA is off', async () => {
      const [known, enrolled, locked] = [await story.known(), await story.enrolled(), await story.enrolled()]
      await fail(locked, 10)
      const unknown: Binding = { ...newRef(story.portalId), ticket: '' }
      for (const contact of [unknown, known, locked]) expect((await request(contact)).recorded).toBe(false)
      expect((await request(enrolled, { factorId: newFactorId() })).recorded).toBe(false)
      await story.change({ enabled: false })
      expect((await request(enrolled)).recorded).toBe(false)
      await story.change({ enabled: true })
      expect((await request(enrolled)).recorded).toBe(false)
      expect(await story.eventsOf(enrolled, 'challenge.requested')).toEqual([])
    })

    it('records nothing for a factor that the hard cap has disabled', async () => {
      const contact = await story.enrolled()
      for (let lock = 0; lock < 5; lock++) {
        await fail(contact, 10)
        opened.advance(LOCK_SECONDS)
      }
      expect((await request(contact)).recorded).toBe(false)
      expect((await request(contact, { factorId: contact.target.factorId })).recorded).toBe(false)
    })

    it('records no resend of a challenge whose epoch is over', async () => {
      const old = await story.enrolled()
      await story.change({ enabled: false })
      await story.change({ enabled: true })
      const contact = await story.enrolled()
      const resend = (epoch: number) => request(contact, { type: 'challenge.resent', epoch })
      expect((await resend(old.epoch ?? 0)).recorded).toBe(false)
      expect((await resend(1)).recorded).toBe(true)
    })

    it('throws not_found for an unknown portal', async () => {
      const contact = await story.enrolled()
      const elsewhere = { ...contact, portalId: newRef(story.portalId).contactId as never }
      await expect(request(elsewhere)).rejects.toMatchObject({ code: 'not_found' })
    })
  })

  describe('requesting an enrollment', () => {
    const request = (contact: Omit<Binding, 'ticket'>, over: Partial<EnrollmentRequest> = {}) =>
      story.settlement.requestEnrollment(
        {
          portalId: contact.portalId,
          contactId: contact.contactId,
          type: 'enrollment.requested',
          enrollmentId: newEnrollmentId(),
          organizationId: acme,
          method: 'sms',
          country: 'US',
          ticket: null,
          provedBy: null,
          epoch: null,
          ...over,
        },
        context,
      )

    it('creates the contact, and records it, whoever else is enrolled', async () => {
      await story.enrolled()
      const ref = newRef(story.portalId)
      const enrollmentId = newEnrollmentId()
      const { snapshot, recorded } = await request(ref, { enrollmentId })
      expect(recorded).toBe(true)
      expect(snapshot.contact).toMatchObject({ contactId: ref.contactId, organizationId: acme, skip: null })
      expect(snapshot.contact?.ticket).toBe((await story.contacts.snapshot(ref)).contact?.ticket)
      const [event] = await story.eventsOf({ ...ref, ticket: '' } as Binding, 'enrollment.requested')
      expect(event).toMatchObject({ organizationId: acme, details: { enrollmentId, method: 'sms' } })
    })

    it('neither records nor creates anybody while MFA is off or method or country not allowed', async () => {
      const [ref, contact] = [newRef(story.portalId), await story.known()]
      const refused = async (over: Partial<EnrollmentRequest> = {}) => {
        for (const whose of [ref, contact]) expect((await request(whose, over)).recorded).toBe(false)
        expect((await story.contacts.snapshot(ref)).contact).toBeNull()
      }
      await refused({ country: 'DE' })
      await story.change({ enabled: false })
      await refused()
      await story.change({ enabled: true, methods: ['email'] })
      await refused()
    })

    it('records nothing for a contact of another organization, and leaves it there', async () => {
      const contact = await story.known()
      const { snapshot, recorded } = await request(contact, { organizationId: globex })
      expect(recorded).toBe(false)
      expect(snapshot.contact?.organizationId).toBe(acme)
    })

    it('B-33: records nothing for an enrolled contact without a step-up under its present ticket', async () => {
      const contact = await story.enrolled()
      const { ticket } = contact
      expect((await request(contact)).recorded).toBe(false)
      expect((await request(contact, { ticket, provedBy: null })).recorded).toBe(false)
      expect((await request(contact, { ticket: newAttemptId(), provedBy: byPhone })).recorded).toBe(false)
      expect((await request(contact, { ticket, provedBy: byPhone })).recorded).toBe(true)
    })

    it('BIND-5: records nothing where what was proved has not counted ever since, and no proof of another’s factor', async () => {
      const contact = await withTwoFactors()
      const { ticket } = contact
      const recorded = async (method: 'sms' | 'email', epoch = 0) =>
        (await request(contact, { ticket, provedBy: { method, epoch } })).recorded
      expect([await recorded('sms'), await recorded('email')]).toEqual([true, true])
      await story.change({ methods: ['sms'] })
      expect([await recorded('sms'), await recorded('email')]).toEqual([true, false])
      await story.change({ methods: ['sms', 'email'] })
      expect([await recorded('sms'), await recorded('email'), await recorded('email', 1)]).toEqual([true, false, false])

      const added = newTarget('email')
      const adding = { ...enrollmentOf(contact, null, byPhone), epoch: 1 }
      const verdict = await story.settle(adding, added, true)
      const now = { ...contact, ticket: 'ticket' in verdict ? verdict.ticket : '' }
      const again = async (epoch: number) =>
        (await request(now, { ticket: now.ticket, provedBy: { method: 'email', epoch } })).recorded
      expect([await again(0), await again(1)]).toEqual([false, true])
    })

    it('is not opened by the hard cap, step-up or not', async () => {
      const contact = await story.enrolled()
      for (let lock = 0; lock < 5; lock++) {
        await fail(contact, 10)
        opened.advance(LOCK_SECONDS)
      }
      expect((await request(contact, { ticket: contact.ticket, provedBy: byPhone })).recorded).toBe(false)
    })

    it('B-19: records nothing for a locked contact', async () => {
      const contact = await story.known()
      for (const enrollment of [enrollmentOf(contact), enrollmentOf(contact)])
        for (let attempt = 0; attempt < 5; attempt++) await story.settle(enrollment, newTarget(), false)
      expect((await request(contact)).recorded).toBe(false)
    })

    it('records a resend under the present ticket and a valid epoch alone, and brings nobody back', async () => {
      const contact = await story.known()
      const resend = (ticket: string, epoch = 0) => request(contact, { type: 'enrollment.resent', ticket, epoch })
      expect((await resend(contact.ticket)).recorded).toBe(true)
      expect((await resend(newAttemptId())).recorded).toBe(false)
      await story.change({ enabled: false })
      await story.change({ enabled: true })
      expect((await resend(contact.ticket)).recorded).toBe(false)
      await story.contacts.change(contact, null, context, () => ({ answer: null, change: { kind: 'erase' } }))
      const { snapshot, recorded } = await resend(contact.ticket, 1)
      expect([snapshot.contact, recorded]).toEqual([null, false])
    })
  })

  it('never lets a factor of another epoch count', async () => {
    const contact = await story.enrolled()
    await story.change({ enabled: false })
    await story.change({ enabled: true })
    expect(countingFactors(await story.contacts.snapshot(contact))).toEqual([])
  })
})
