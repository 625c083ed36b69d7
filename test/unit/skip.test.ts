/** "Skip for now", to the epoch, the count and the millisecond. */
import { describe, expect, it } from 'vitest'
import type { Contact } from '../../src/domain/contact.ts'
import type { Settings } from '../../src/domain/settings.ts'
import { canSkip, rememberedSkip, skipsLeft, skipsMade, skipUntil, validSkip } from '../../src/domain/skip.ts'
import { EPOCH, later, now, sampleContact, samplePortal, sampleSnapshot } from '../support/sample-snapshot.ts'

const DAY = 86_400_000
const open = { allowed: true, rememberDays: null, skipsMax: null, endsAt: null }

const snapshot = (optOut: Partial<Settings['optOut']>, contact: Partial<Contact> | null = {}) =>
  sampleSnapshot({
    portal: samplePortal({ optOut: { ...open, ...optOut } }),
    contact: contact && sampleContact(contact),
    factors: [],
  })
const skippedAt = (ms: number, epoch = EPOCH) => ({ skip: { at: later(ms), epoch } })

describe('a remembered skip', () => {
  it('is forgotten when MFA has been turned on since', () => {
    const remembered = [EPOCH - 1, EPOCH, EPOCH + 1].map(epoch => rememberedSkip(snapshot({}, skippedAt(-1, epoch))))
    expect(remembered.map(skip => skip !== null)).toEqual([false, true, true])
    expect(validSkip(snapshot({}, skippedAt(-1, EPOCH - 1)))).toBeNull()
  })

  it('is none where none was made', () => {
    expect(rememberedSkip(snapshot({}))).toBeNull()
    expect(rememberedSkip(snapshot({}, null))).toBeNull()
    expect(validSkip(snapshot({}, null))).toBeNull()
  })

  it('counts for its days, and not at their very end', () => {
    const counts = (ms: number) => validSkip(snapshot({ rememberDays: 7 }, skippedAt(ms))) !== null
    expect([-7 * DAY + 1, -7 * DAY, -7 * DAY - 1].map(counts)).toEqual([true, false, false])
  })

  it('counts until opting out ends, and not at that instant', () => {
    const counts = (ms: number) => validSkip(snapshot({ endsAt: later(ms).toISOString() }, skippedAt(-1))) !== null
    expect([1, 0, -1].map(counts)).toEqual([true, false, false])
  })

  it('counts without end where nothing ends it, and not at all where opting out is withdrawn', () => {
    expect(validSkip(snapshot({}, skippedAt(-4000 * DAY)))).toEqual(skippedAt(-4000 * DAY).skip)
    expect(validSkip(snapshot({ allowed: false }, skippedAt(-1)))).toBeNull()
  })

  it('says until when: the earlier of its days and the end of opting out', () => {
    const until = (optOut: Partial<Settings['optOut']>) => skipUntil(snapshot(optOut), now)
    expect(until({})).toBeNull()
    expect(until({ rememberDays: 2 })).toEqual(later(2 * DAY))
    expect(until({ endsAt: later(5).toISOString() })).toEqual(later(5))
    expect(until({ rememberDays: 2, endsAt: later(5).toISOString() })).toEqual(later(5))
    expect(until({ rememberDays: 2, endsAt: later(3 * DAY).toISOString() })).toEqual(later(2 * DAY))
  })
})

describe('the count of skips', () => {
  it('is of the present epoch only', () => {
    const made = (skipsEpoch: number) => skipsMade(snapshot({}, { skips: 3, skipsEpoch }))
    expect([EPOCH - 1, EPOCH, EPOCH + 1].map(made)).toEqual([0, 3, 3])
    expect(skipsMade(snapshot({}, null))).toBe(0)
  })

  it('leaves what the maximum leaves, never less than none', () => {
    const left = (skips: number) => skipsLeft(snapshot({ skipsMax: 2 }, { skips, skipsEpoch: EPOCH }))
    expect([0, 1, 2, 3].map(left)).toEqual([2, 1, 0, 0])
    expect(skipsLeft(snapshot({}, { skips: 3, skipsEpoch: EPOCH }))).toBeNull()
  })

  it('lets another skip be made while one is left and opting out is open', () => {
    const may = (skips: number, optOut = {}) =>
      canSkip(snapshot({ skipsMax: 2, ...optOut }, { skips, skipsEpoch: EPOCH }))
    expect([0, 1, 2, 3].map(skips => may(skips))).toEqual([true, true, false, false])
    expect(may(0, { allowed: false })).toBe(false)
    expect([1, 0, -1].map(ms => may(0, { endsAt: later(ms).toISOString() }))).toEqual([true, false, false])
    expect(canSkip(snapshot({}))).toBe(true)
  })
})
