/** What of a contact counts, to the epoch and to the millisecond. */
import { describe, expect, it } from 'vitest'
import { countingFactors, lockedForSeconds, methodCounts } from '../../src/domain/contact.ts'
import { EPOCH, later, sampleContact, sampleFactor, samplePortal, sampleSnapshot } from '../support/sample-snapshot.ts'

describe('a factor', () => {
  const counts = (of: Parameters<typeof methodCounts>[1], portal = samplePortal()) => methodCounts(portal, of)
  const us = { method: 'sms', country: 'US', epoch: EPOCH } as const
  const address = { method: 'email', country: null, epoch: EPOCH } as const

  it('counts from the epoch on from which its method is valid', () => {
    const portal = samplePortal({}, { validFrom: { enabled: 0, methods: { sms: 3, email: 4 }, countries: {} } })
    expect([2, 3, 4].map(epoch => counts({ ...us, epoch }, portal))).toEqual([false, true, true])
    expect([3, 4, 5].map(epoch => counts({ ...address, epoch }, portal))).toEqual([false, true, true])
  })

  it('counts from the epoch on from which its country is valid', () => {
    const portal = samplePortal({}, { validFrom: { enabled: 0, methods: {}, countries: { US: 3 } } })
    expect([2, 3, 4].map(epoch => counts({ ...us, epoch }, portal))).toEqual([false, true, true])
    expect(counts({ ...address, epoch: 0 }, portal)).toBe(true)
  })

  it('counts from the beginning where nothing was ever removed', () => {
    const portal = samplePortal({}, { validFrom: { enabled: 0, methods: {}, countries: {} } })
    expect(counts({ ...us, epoch: 0 }, portal)).toBe(true)
    expect(counts({ ...address, epoch: 0 }, portal)).toBe(true)
  })

  it('does not count without its method or country among the settings, whatever its epoch', () => {
    expect(counts({ ...us, epoch: 99 }, samplePortal({ methods: ['email'] }))).toBe(false)
    expect(counts({ ...us, epoch: 99 }, samplePortal({ sms: { allowedCountries: ['DE'] } }))).toBe(false)
    expect(counts({ ...address, epoch: 99 }, samplePortal({ methods: ['sms'] }))).toBe(false)
  })

  it('counts although the hard cap has disabled it, so that the cap opens no enrollment', () => {
    const [old, disabled] = [sampleFactor({ epoch: EPOCH - 1 }), sampleFactor({ disabledAt: later(-1) })]
    expect(countingFactors(sampleSnapshot({ factors: [old, disabled] }))).toEqual([disabled])
  })
})

describe('a lock', () => {
  const lockedFor = (lockedUntil: Date | null) =>
    lockedForSeconds(sampleSnapshot({ contact: sampleContact({ lockedUntil }) }))

  it('holds until its very millisecond, and no longer', () => {
    expect([-1000, -1, 0, 1].map(ms => lockedFor(later(ms)))).toEqual([null, null, null, 1])
  })

  it('tells a wait that is enough: whole seconds, rounded up', () => {
    expect([999, 1000, 1001, 1_800_000].map(ms => lockedFor(later(ms)))).toEqual([1, 1, 2, 1800])
  })

  it('is none where none was set, or nobody was seen', () => {
    expect(lockedFor(null)).toBeNull()
    expect(lockedForSeconds(sampleSnapshot({ contact: null }))).toBeNull()
  })
})
