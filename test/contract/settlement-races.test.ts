/**
 * What holds of settling whatever happens at the same time, on a real PostgreSQL with 20 connections: PGlite has one
 * session and proves no race.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ContactSnapshot } from '../../src/domain/contact.ts'
import { countingFactors } from '../../src/domain/contact.ts'
import { decide } from '../../src/domain/decision.ts'
import { MfaError } from '../../src/domain/errors.ts'
import { canSkip } from '../../src/domain/skip.ts'
import type { Verdict } from '../../src/ports/settlement.ts'
import { OPEN_PATIENCE_MS, type OpenedDatabase, openPostgres } from './databases.ts'
import {
  acme,
  byPhone,
  challengeOf,
  context,
  enrollmentOf,
  makeStory,
  newAttemptId,
  newTarget,
  type Story,
} from './sample-portals.ts'

const ROUNDS = 50
const PATIENCE_MS = 120_000

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
const outcomes = (verdicts: Verdict[]) => verdicts.map(({ outcome }) => outcome)
const count = (verdicts: Verdict[], outcome: Verdict['outcome']) => outcomes(verdicts).filter(o => o === outcome).length

describe('settling on PostgreSQL with 20 connections', { timeout: PATIENCE_MS }, () => {
  let opened: OpenedDatabase
  let story: Story
  beforeAll(async () => {
    opened = await openPostgres(20)
    story = await makeStory(opened.database)
  }, OPEN_PATIENCE_MS)
  afterAll(() => opened?.close())

  const failuresOf = async ({ portalId, contactId }: { portalId: string; contactId: string }) => {
    const rows = await opened.sql<{ failures: number }>(
      'SELECT failures FROM contacts WHERE portal_id = $1 AND contact_id = $2',
      [portalId, contactId],
    )
    return rows[0]?.failures
  }
  const factorsOf = ({ portalId, contactId }: { portalId: string; contactId: string }) =>
    opened.sql('SELECT slot FROM factors WHERE portal_id = $1 AND contact_id = $2', [portalId, contactId])

  async function rounds(play: (round: number) => Promise<void>): Promise<void> {
    for (const round of times(ROUNDS, index => index)) await play(round)
  }

  it('RACE-2: of 200 right codes at once exactly one is accepted', async () => {
    const contact = await story.enrolled()
    const challenge = challengeOf(contact)
    const verdicts = await Promise.all(times(200, () => story.settle(challenge, contact.target, true)))
    expect([count(verdicts, 'verified'), count(verdicts, 'already_used')]).toEqual([1, 199])
    expect(await story.eventsOf(contact, 'challenge.verified')).toHaveLength(1)
  })

  it('RACE-1: of 200 wrong codes at once exactly five are compared, and the right one comes too late', async () => {
    const contact = await story.enrolled()
    const challenge = challengeOf(contact)
    const verdicts = await Promise.all(times(200, () => story.settle(challenge, contact.target, false)))
    const left = verdicts.flatMap(verdict => (verdict.outcome === 'incorrect' ? [verdict.attemptsLeft] : []))
    expect(left.sort()).toEqual([0, 1, 2, 3, 4])
    expect(count(verdicts, 'exhausted')).toBe(195)
    expect(await failuresOf(contact)).toBe(5)
    expect(await story.eventsOf(contact, 'challenge.failed')).toHaveLength(5)
    expect(await story.settle(challenge, contact.target, true)).toEqual({ outcome: 'exhausted' })
  })

  it('BRUTE-2: of 50 wrong codes over 10 challenges at once exactly ten are charged, then all is locked', async () => {
    const contact = await story.enrolled()
    const challenges = times(10, () => challengeOf(contact))
    const verdicts = await Promise.all(
      times(50, index => story.settle(challenges[index % 10] ?? challengeOf(contact), contact.target, false)),
    )
    expect(count(verdicts, 'incorrect')).toBe(9)
    expect(count(verdicts, 'locked')).toBe(41)
    expect(await failuresOf(contact)).toBe(10)
    expect(await story.eventsOf(contact, 'challenge.failed')).toHaveLength(10)
    expect(await story.eventsOf(contact, 'contact.locked')).toHaveLength(1)
    expect((await story.settle(challengeOf(contact), contact.target, true)).outcome).toBe('locked')
  })

  it('charges the same attempt once, and answers it alike, when it is settled many times at once', async () => {
    await rounds(async round => {
      const right = round % 2 === 0
      const contact = await story.enrolled()
      const challenge = challengeOf(contact)
      const attemptId = newAttemptId()
      const verdicts = await Promise.all(times(8, () => story.settle(challenge, contact.target, right, attemptId)))
      for (const verdict of verdicts) expect(verdict).toEqual(verdicts[0])
      expect(verdicts[0]?.outcome).toBe(right ? 'verified' : 'incorrect')
      expect(await failuresOf(contact)).toBe(right ? 0 : 1)
    })
  })

  it('answers an enrollment that was confirmed unseen alike, also at once', async () => {
    await rounds(async () => {
      const contact = await story.known()
      const enrollment = enrollmentOf(contact)
      const target = newTarget()
      const attemptId = newAttemptId()
      const verdicts = await Promise.all(times(4, () => story.settle(enrollment, target, true, attemptId)))
      for (const verdict of verdicts) expect(verdict).toEqual(verdicts[0])
      expect(verdicts[0]?.outcome).toBe('verified')
      expect(await story.eventsOf(contact, 'enrollment.confirmed')).toHaveLength(1)
    })
  })

  it('leaves no failure behind a reset that ran at the same time', async () => {
    await rounds(async () => {
      const contact = await story.enrolled()
      const [, ...verdicts] = await Promise.all([
        story.reset(contact),
        ...times(6, () => story.settle(challengeOf(contact), contact.target, false)),
      ])
      expect(count(verdicts, 'incorrect') + count(verdicts, 'cancelled')).toBe(6)
      expect(await failuresOf(contact)).toBe(0)
    })
  })

  it('RACE-4: accepts no code after a reset that ran at the same time', async () => {
    await rounds(async () => {
      const contact = await story.enrolled()
      const [, ...verdicts] = await Promise.all([
        story.reset(contact),
        ...times(4, () => story.settle(challengeOf(contact), contact.target, true)),
      ])
      const [reset] = await story.eventsOf(contact, 'contact.reset')
      for (const verdict of verdicts)
        if (verdict.outcome === 'verified') expect(verdict.at.getTime()).toBeLessThanOrEqual(reset?.at.getTime() ?? 0)
        else expect(verdict).toEqual({ outcome: 'cancelled' })
      expect(await factorsOf(contact)).toHaveLength(0)
    })
  })

  it('RACE-5: of enrollments confirmed at once exactly one becomes a factor', async () => {
    await rounds(async () => {
      const contact = await story.known()
      const verdicts = await Promise.all([
        ...times(2, () => story.settle(enrollmentOf(contact), newTarget('sms'), true)),
        ...times(2, () => story.settle(enrollmentOf(contact, null), newTarget('email'), true)),
      ])
      expect([count(verdicts, 'verified'), count(verdicts, 'cancelled')]).toEqual([1, 3])
      expect(await factorsOf(contact)).toHaveLength(1)
    })
  })

  it('ENR-5: leaves no factor behind a reset that ran at the same time as the confirmation', async () => {
    await rounds(async () => {
      const contact = await story.known()
      const [, verdict] = await Promise.all([
        story.reset(contact),
        story.settle(enrollmentOf(contact), newTarget(), true),
      ])
      expect(['verified', 'cancelled']).toContain(verdict.outcome)
      expect(await factorsOf(contact)).toHaveLength(0)
    })
  })

  it('leaves no factor behind an erasure that ran at the same time as the confirmation', async () => {
    await rounds(async () => {
      const contact = await story.known()
      const [, verdict] = await Promise.all([
        story.contacts.change(contact, null, context, () => ({ answer: undefined, change: { kind: 'erase' } })),
        story.settle(enrollmentOf(contact), newTarget(), true),
      ])
      expect(['verified', 'cancelled']).toContain(verdict.outcome)
      expect(await factorsOf(contact)).toHaveLength(0)
      expect(await failuresOf(contact)).toBeUndefined()
    })
  })

  it('BIND-5: confirms nothing by a proof of a factor whose removal was under way', async () => {
    await rounds(async () => {
      const contact = await story.enrolled()
      const { factorId } = contact.target
      const added = await story.settle(enrollmentOf(contact, null, byPhone), newTarget('email'), true)
      const now = { ...contact, ticket: 'ticket' in added ? added.ticket : '' }
      // The removal has locked the contact when its rule is asked, and is not committed yet.
      const verdicts = Promise.withResolvers<Verdict[]>()
      await story.contacts.change(now, null, context, () => {
        const confirm = () => story.settle(enrollmentOf(now, null, byPhone), newTarget('email'), true)
        verdicts.resolve(Promise.all(times(4, confirm)))
        return { answer: undefined, change: { kind: 'removeFactor', factorId } }
      })
      expect(count(await verdicts.promise, 'step_up_required')).toBe(4)
    })
  })

  const skipRule = (snapshot: ContactSnapshot) => {
    if (countingFactors(snapshot).length > 0 || !canSkip(snapshot)) throw new MfaError('skip_not_allowed')
    return {
      answer: undefined,
      change: { kind: 'skip', at: snapshot.now, epoch: snapshot.portal.epoch, skips: 1 } as const,
    }
  }

  it('SKIP-2: a skip never survives a confirmation that ran at the same time', async () => {
    await rounds(async () => {
      const contact = await story.known()
      const [skip, confirm] = await Promise.allSettled([
        story.contacts.change(contact, acme, context, skipRule),
        story.settle(enrollmentOf(contact), newTarget(), true),
      ])
      expect(confirm).toMatchObject({ status: 'fulfilled', value: { outcome: 'verified' } })
      if (skip.status === 'rejected') expect(skip.reason).toMatchObject({ code: 'skip_not_allowed' })
      const snapshot = await story.contacts.snapshot(contact)
      expect(snapshot.contact?.skip).toBeNull()
      expect(decide(snapshot).decision).toBe('challenge')
    })
  })

  it('makes one row when first skips of a contact come at once', async () => {
    await rounds(async () => {
      const { portalId } = story
      const ref = { portalId, contactId: (await story.known()).contactId }
      await story.contacts.change(ref, null, context, () => ({ answer: undefined, change: { kind: 'erase' } }))
      const changes = times(4, () => story.contacts.change(ref, acme, context, skipRule))
      expect(await Promise.all(changes)).toHaveLength(4)
      expect((await story.contacts.snapshot(ref)).contact?.skip).not.toBeNull()
    })
  })

  describe.each([
    ['MFA is turned off', { enabled: false }, { enabled: true }, 'mfa_disabled'],
    ['the method is removed', { methods: ['email'] }, { methods: ['sms', 'email'] }, 'method_not_allowed'],
    [
      'the country is removed',
      { sms: { allowedCountries: ['CA'] } },
      { sms: { allowedCountries: ['CA', 'US'] } },
      'cancelled',
    ],
  ])('EPOCH-1: while %s and comes back', (_name, off, on, refusal) => {
    it('accepts no code of a challenge after that', async () => {
      const flipped = await makeStory(opened.database)
      await rounds(async () => {
        const contact = await flipped.enrolled()
        const [{ updatedAt }, ...verdicts] = await Promise.all([
          flipped.change(off),
          // Several on one contact, so that some wait for its row while the settings change.
          ...times(8, () => flipped.settle(challengeOf(contact), contact.target, true)),
        ])
        for (const verdict of verdicts)
          if (verdict.outcome === 'verified') expect(verdict.at.getTime()).toBeLessThanOrEqual(updatedAt.getTime())
          else expect(verdict.outcome).toBe(refusal)
        await flipped.change(on)
        expect(await flipped.settle(challengeOf(contact), contact.target, true)).toEqual({ outcome: 'cancelled' })
      })
    })

    it('lets no factor count that was confirmed meanwhile', async () => {
      const flipped = await makeStory(opened.database)
      await rounds(async () => {
        const contacts = await Promise.all(times(3, () => flipped.known()))
        const enrollments = contacts.map(contact => ({ contact, binding: enrollmentOf(contact) }))
        await Promise.all([
          flipped.change(off).then(() => flipped.change(on)),
          ...enrollments.flatMap(({ binding }) => [
            flipped.settle(binding, newTarget(), false),
            flipped.settle(binding, newTarget(), true),
          ]),
        ])
        for (const { contact } of enrollments) {
          const snapshot = await flipped.contacts.snapshot(contact)
          expect(countingFactors(snapshot)).toEqual([])
          expect(decide(snapshot).decision).toBe('enroll')
        }
      })
    })
  })

  it('lets settings change at once while one portal settles without pause', async () => {
    const busy = await makeStory(opened.database)
    const contacts = await Promise.all(times(16, () => busy.enrolled()))
    let running = true
    const load = contacts.map(async contact => {
      while (running) await busy.settle(challengeOf(contact), contact.target, true)
    })
    const versions: number[] = []
    for (const [index] of times(20, i => i).entries())
      versions.push((await busy.change({ optOut: { allowed: index % 2 === 0 } })).version)
    running = false
    await Promise.all(load)
    expect(versions.at(-1)).toBe(21)
  })
})
