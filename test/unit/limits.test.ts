/** The numbers of the product's defences, written down once more, so that none changes by accident. */
import { describe, expect, it } from 'vitest'
import type { ContactId, ContactRef, PortalId } from '../../src/domain/ids.ts'
import * as limits from '../../src/domain/limits.ts'
import { factorIdOf } from '../support/sample-snapshot.ts'

const portalId = 'acme' as PortalId
const contact: ContactRef = { portalId, contactId: 'c-1' as ContactId }
const destination = [
  { max: 5, seconds: 600 },
  { max: 10, seconds: 3600 },
  { max: 20, seconds: 86_400 },
]

describe('the limits', () => {
  it('are these', () => {
    const numbers = Object.fromEntries(Object.entries(limits).filter(([, value]) => typeof value !== 'function'))
    expect(numbers).toMatchObject({
      ATTEMPTS_MAX: 5,
      SENDS_MAX: 5,
      RESEND_WAITS_SECONDS: [30, 60, 120, 240],
      ENROLLMENT_LIFETIME_SECONDS: 600,
      ENDED_READABLE_SECONDS: 3600,
      FAILURES_PER_LOCK: 10,
      LOCK_SECONDS: 1800,
      FACTOR_FAILURES_MAX: 50,
      FACTOR_WINDOW_FAILURES_MAX: 100,
      FAILURE_WINDOW_DAYS: 30,
      IDEMPOTENCY_SECONDS: 86_400,
      IDEMPOTENCY_LEASE_SECONDS: 30,
      ACCESS_TOKEN_SECONDS: 900,
      ASSERTION_SECONDS: 60,
      STEP_UP_SECONDS: 600,
      CLOCK_TOLERANCE_SECONDS: 30,
      CLIENT_SECRET_RETIRE_SECONDS: 86_400,
      REVOCATION_POLL_SECONDS: 20,
      REVOCATION_MAX_AGE_SECONDS: 60,
    })
  })

  it.each([
    [
      'a contact, in its portal',
      limits.contactLimit(contact),
      {
        name: 'contact',
        key: 'c/acme/c-1',
        windows: [
          { max: 10, seconds: 3600 },
          { max: 30, seconds: 86_400 },
        ],
      },
    ],
    [
      'a destination, over all portals',
      limits.destinationLimit('IX'),
      { name: 'destination', key: 'd/IX', windows: destination },
    ],
    [
      'a factor, in its portal',
      limits.factorLimit(portalId, factorIdOf('a')),
      { name: 'destination', key: `f/acme/${factorIdOf('a')}`, windows: destination },
    ],
    [
      'a prefix, what was not confirmed',
      limits.prefixUnconfirmedLimit(portalId, 'PX'),
      { name: 'prefix', key: 'x/acme/PX', windows: [{ max: 20, seconds: 3600 }] },
    ],
    [
      'a prefix, in any case',
      limits.prefixLimit(portalId, 'PX'),
      { name: 'prefix', key: 'y/acme/PX', windows: [{ max: 60, seconds: 3600 }] },
    ],
    [
      "a contact's credit for a prefix",
      limits.prefixCreditLimit(contact),
      { name: 'prefix', key: 'z/acme/c-1', windows: [{ max: 1, seconds: 86_400 }] },
    ],
    [
      'a portal and day',
      limits.portalDayLimit(portalId, 10_000, false),
      { name: 'portal_day', key: 'p/acme', windows: [{ max: 10_000, perUtcDay: true }] },
    ],
    [
      'a portal and day for enrollments, under the same key',
      limits.portalDayLimit(portalId, 10_000, true),
      { name: 'portal_day', key: 'p/acme', windows: [{ max: 8000, perUtcDay: true }] },
    ],
  ])('hold the sends of %s', (_, limit, expected) => {
    expect(limit).toEqual(expected)
  })

  it('stop enrollments at four fifths of the day, rounded down', () => {
    expect([0, 1, 9, 10].map(max => limits.portalDayMax(max, true))).toEqual([0, 0, 7, 8])
    expect([0, 1, 9, 10].map(max => limits.portalDayMax(max, false))).toEqual([0, 1, 9, 10])
  })
})
