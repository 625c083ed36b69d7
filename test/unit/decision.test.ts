/** The decision over every combination of settings, contact, factors, skip and lock, against design section 2.4 written down once more. */
import { describe, expect, it } from 'vitest'
import type { Contact, ContactSnapshot, Factor } from '../../src/domain/contact.ts'
import { decide } from '../../src/domain/decision.ts'
import type { ContactId, FactorId, OrganizationId, PortalId } from '../../src/domain/ids.ts'
import { defaultPortalLimits, type Portal } from '../../src/domain/settings.ts'
import { newSettings } from '../../src/domain/settings-change.ts'

const now = new Date('2026-05-01T12:00:00Z')
const minutes = (count: number): Date => new Date(now.getTime() + count * 60_000)
const EPOCH = 4

const optOuts = {
  refused: { allowed: false, rememberDays: null, skipsMax: null, endsAt: null },
  allowed: { allowed: true, rememberDays: null, skipsMax: null, endsAt: null },
  'allowed for 7 days': { allowed: true, rememberDays: 7, skipsMax: null, endsAt: null },
  'used up at 1': { allowed: true, rememberDays: null, skipsMax: 1, endsAt: null },
  ended: { allowed: true, rememberDays: null, skipsMax: null, endsAt: minutes(-1).toISOString() },
}

const skips = {
  none: null,
  'of today': { at: minutes(-5), epoch: EPOCH },
  'of last month': { at: minutes(-40_000), epoch: EPOCH },
  'of an older epoch': { at: minutes(-5), epoch: EPOCH - 1 },
}

const factor = (given: Partial<Factor> = {}): Factor => ({
  factorId: `fct_${'a'.repeat(22)}` as FactorId,
  method: 'sms',
  country: 'US',
  epoch: EPOCH,
  destinationSealed: '',
  destinationMasked: '',
  confirmedAt: minutes(-1000),
  usedAt: null,
  disabledAt: null,
  ...given,
})

/** Each with what is left of it: factors that can be used, and factors that count. */
const factors: Record<string, { held: Factor[]; usable: number; counting: number }> = {
  none: { held: [], usable: 0, counting: 0 },
  one: { held: [factor()], usable: 1, counting: 1 },
  disabled: { held: [factor({ disabledAt: minutes(-1) })], usable: 0, counting: 1 },
  'of an older epoch': { held: [factor({ epoch: EPOCH - 1 })], usable: 0, counting: 0 },
  'of a removed method': { held: [factor({ method: 'email', country: null })], usable: 0, counting: 0 },
  'of a removed country': { held: [factor({ country: 'DE' })], usable: 0, counting: 0 },
  'one and a disabled one': { held: [factor(), factor({ disabledAt: minutes(-1) })], usable: 1, counting: 2 },
}

const locks = { open: null, 'locked before': minutes(-1), locked: minutes(20) }
const choices = [true, false]

function portal(enabled: boolean, optOut: Portal['settings']['optOut']): Portal {
  const settings = { ...newSettings('Acme', defaultPortalLimits, false), enabled, optOut, methods: ['sms' as const] }
  return {
    portalId: 'acme' as PortalId,
    suspended: false,
    guarded: false,
    limits: defaultPortalLimits,
    settings: { ...settings, sms: { allowedCountries: ['US'] } },
    epoch: EPOCH,
    validFrom: { enabled: EPOCH, methods: { sms: EPOCH, email: EPOCH + 1 }, countries: { DE: EPOCH + 1 } },
    version: 1,
    createdAt: now,
    updatedAt: now,
    updatedBy: null,
  }
}

const contact = (skip: Contact['skip'], lockedUntil: Date | null, resetAt: Date | null): Contact => ({
  contactId: 'c' as ContactId,
  organizationId: 'o' as OrganizationId,
  ticket: 't',
  lockedUntil,
  skip,
  skips: skip ? 1 : 0,
  skipsEpoch: skip?.epoch ?? 0,
  resetAt,
})

const cases = choices.flatMap(enabled =>
  Object.entries(optOuts).flatMap(([optOutName, optOut]) =>
    Object.entries(skips).flatMap(([skipName, skip]) =>
      Object.entries(factors).flatMap(([factorName, { held, usable, counting }]) =>
        Object.entries(locks).flatMap(([lockName, lockedUntil]) =>
          choices.map(reset => {
            const snapshot: ContactSnapshot = {
              now,
              portal: portal(enabled, optOut),
              contact: contact(skip, lockedUntil, reset ? minutes(-3) : null),
              factors: held,
            }
            const skipCounts =
              (skipName === 'of today' && ['allowed', 'allowed for 7 days', 'used up at 1'].includes(optOutName)) ||
              (skipName === 'of last month' && ['allowed', 'used up at 1'].includes(optOutName))
            return {
              enabled,
              optOutName,
              skipName,
              factorName,
              lockName,
              reset,
              snapshot,
              usable,
              counting,
              skipCounts,
            }
          }),
        ),
      ),
    ),
  ),
)

function expected({ enabled, usable, counting, lockName, skipCounts }: (typeof cases)[number]): string {
  if (!enabled) return 'allow mfa_disabled'
  if (counting > 0 && usable === 0) return 'deny reset_required'
  if (counting > 0) return lockName === 'locked' ? 'deny factor_locked' : 'challenge'
  if (skipCounts) return 'allow skipped'
  return lockName === 'locked' ? 'deny factor_locked' : 'enroll'
}

describe('the login decision', () => {
  it('follows the order of the contract in every combination', () => {
    expect(cases.length).toBe(2 * 5 * 4 * 7 * 3 * 2)
    for (const one of cases) {
      const decision = decide(one.snapshot)
      const { snapshot, ...name } = one
      const said = 'reason' in decision && decision.decision !== 'enroll' ? ` ${decision.reason}` : ''
      expect(`${decision.decision}${said}`, JSON.stringify(name)).toBe(expected(one))
    }
  })

  it('never allows a contact with a factor that counts while MFA is on', () => {
    const held = cases.filter(({ enabled, counting }) => enabled && counting > 0)
    expect(held.length).toBeGreaterThan(100)
    for (const { snapshot } of held) expect(decide(snapshot).decision).not.toBe('allow')
  })

  it('offers a skip exactly where one may be made', () => {
    for (const { snapshot, optOutName, skipName } of cases) {
      const decision = decide(snapshot)
      if (decision.decision !== 'enroll') continue
      const usedUp = optOutName === 'used up at 1' && ['of today', 'of last month'].includes(skipName)
      expect(decision.canSkip).toBe(optOutName !== 'refused' && optOutName !== 'ended' && !usedUp)
    }
  })

  it.each([
    ['reset before all', 'refused', 'of today', 'of an older epoch', true, 'reset'],
    ['a factor that no longer counts', 'refused', 'of today', 'of a removed country', false, 'reenroll'],
    ['a skip whose opt-out was withdrawn', 'refused', 'of today', 'none', false, 'opt_out_withdrawn'],
    ['a skip that is over', 'allowed for 7 days', 'of last month', 'none', false, 'skip_expired'],
    ['a skip after the end of opting out', 'ended', 'of today', 'none', false, 'skip_expired'],
    ['a skip of an older epoch, forgotten', 'allowed', 'of an older epoch', 'none', false, 'not_enrolled'],
    ['nothing', 'allowed', 'none', 'none', false, 'not_enrolled'],
  ])('says why to enroll: %s', (_, optOutName, skipName, factorName, reset, reason) => {
    const found = cases.find(
      one =>
        one.enabled &&
        one.lockName === 'open' &&
        one.optOutName === optOutName &&
        one.skipName === skipName &&
        one.factorName === factorName &&
        one.reset === reset,
    )
    expect(found && decide(found.snapshot)).toMatchObject({ decision: 'enroll', reason })
  })

  it('enrolls a contact that was never seen', () => {
    const snapshot = { now, portal: portal(true, optOuts.refused), contact: null, factors: [] }
    expect(decide(snapshot)).toEqual({
      decision: 'enroll',
      reason: 'not_enrolled',
      methods: ['sms'],
      countries: ['US'],
      canSkip: false,
      skipsLeft: null,
    })
  })
})
