/** A portal, a contact and a factor that all count, for rules that look at a snapshot: a test bends one thing at a time. */
import type { Contact, ContactSnapshot, Factor } from '../../src/domain/contact.ts'
import type { ContactId, FactorId, OrganizationId, PortalId } from '../../src/domain/ids.ts'
import { defaultPortalLimits, type Portal, type Settings } from '../../src/domain/settings.ts'
import { newSettings } from '../../src/domain/settings-change.ts'

export const EPOCH = 4
export const now = new Date('2026-05-01T12:00:00Z')
/** `now` and so many ms. */
export const later = (ms: number): Date => new Date(now.getTime() + ms)

export const factorIdOf = (letter: string) => `fct_${letter.repeat(22)}` as FactorId

/** Enabled, SMS and email, US only; everything valid from this epoch. */
export function samplePortal(settings: Partial<Settings> = {}, other: Partial<Portal> = {}): Portal {
  const all = { ...newSettings('Acme', defaultPortalLimits, false), enabled: true, sms: { allowedCountries: ['US'] } }
  return {
    portalId: 'acme' as PortalId,
    suspended: false,
    guarded: false,
    limits: defaultPortalLimits,
    settings: { ...all, ...settings },
    epoch: EPOCH,
    validFrom: { enabled: EPOCH, methods: { sms: EPOCH, email: EPOCH }, countries: { US: EPOCH } },
    version: 1,
    createdAt: now,
    updatedAt: now,
    updatedBy: null,
    ...other,
  }
}

export const sampleFactor = (given: Partial<Factor> = {}): Factor => ({
  factorId: factorIdOf('a'),
  method: 'sms',
  country: 'US',
  epoch: EPOCH,
  destinationSealed: 'sealed',
  destinationMasked: '******42',
  confirmedAt: later(-86_400_000),
  usedAt: null,
  disabledAt: null,
  ...given,
})

export const sampleContact = (given: Partial<Contact> = {}): Contact => ({
  contactId: 'contact' as ContactId,
  organizationId: 'org' as OrganizationId,
  ticket: 'ticket',
  lockedUntil: null,
  skip: null,
  skips: 0,
  skipsEpoch: 0,
  resetAt: null,
  ...given,
})

/** A contact with one SMS factor. */
export const sampleSnapshot = (given: Partial<ContactSnapshot> = {}): ContactSnapshot => ({
  now,
  portal: samplePortal(),
  contact: sampleContact(),
  factors: [sampleFactor()],
  ...given,
})
