/** Portals, contacts and codes for the suites of the Postgres ports. Ids are fresh, so that tests share a database. */
import { randomBytes } from 'node:crypto'
import type { CodeBinding, CodeTarget } from '../../src/domain/code.ts'
import type { Factor } from '../../src/domain/contact.ts'
import type { EventContext } from '../../src/domain/event.ts'
import {
  challengeIdSchema,
  clientIdSchema,
  type ContactRef,
  contactIdSchema,
  enrollmentIdSchema,
  eventIdSchema,
  factorIdSchema,
  idFrom,
  organizationIdSchema,
  type PortalId,
  portalIdSchema,
} from '../../src/domain/ids.ts'
import type { Method } from '../../src/domain/methods/index.ts'
import { defaultPortalLimits, type Portal, type Settings } from '../../src/domain/settings.ts'

const drawn = (prefix: Parameters<typeof idFrom>[0]) => idFrom(prefix, randomBytes(16))
const word = () => randomBytes(6).toString('hex')

export const newPortalId = () => portalIdSchema.parse(`portal-${word()}`)
export const newContactId = () => contactIdSchema.parse(`contact-${word()}`)
export const newFactorId = () => factorIdSchema.parse(drawn('fct'))
export const newClientId = () => clientIdSchema.parse(drawn('cli'))
export const newChallengeId = () => challengeIdSchema.parse(drawn('chl'))
export const newEnrollmentId = () => enrollmentIdSchema.parse(drawn('enr'))
export const newAttemptId = () => `attempt-${word()}`
export const acme = organizationIdSchema.parse('acme')
export const globex = organizationIdSchema.parse('globex')

export const context: EventContext = {
  actor: { role: 'portal', subject: null, clientId: 'cli_test' },
  requestId: 'req-1',
  newEventId: () => eventIdSchema.parse(drawn('evt')),
}

export const someSettings: Settings = {
  enabled: true,
  methods: ['sms', 'email'],
  optOut: { allowed: true, rememberDays: null, skipsMax: null, endsAt: null },
  displayName: 'Acme Client Portal',
  locale: 'en',
  autofillDomain: null,
  code: { length: 6, smsLifetimeSeconds: 300, emailLifetimeSeconds: 600 },
  sms: { allowedCountries: ['US', 'CA'] },
}

export const newPortal = (settings: Partial<Settings> = {}): Pick<Portal, 'portalId' | 'limits' | 'settings'> => ({
  portalId: newPortalId(),
  limits: defaultPortalLimits,
  settings: { ...someSettings, ...settings },
})

export const newRef = (portalId: PortalId): ContactRef => ({ portalId, contactId: newContactId() })

export const newTarget = (method: Method = 'sms'): CodeTarget => ({
  factorId: newFactorId(),
  method,
  destinationMasked: method === 'sms' ? '********42' : 'a***@example.com',
})

export interface Binding extends ContactRef {
  epoch?: number
  ticket: string
}

export const enrollmentOf = (
  { portalId, contactId, epoch = 0, ticket }: Binding,
  country: string | null = 'US',
  steppedUp = false,
): CodeBinding => ({
  portalId,
  contactId,
  codeId: newEnrollmentId(),
  purpose: 'enrollment',
  loginDigest: 'login',
  epoch,
  ticket,
  pendingFactor: {
    country,
    destinationSealed: 'sealed',
    destinationIndex: 'index',
    prefixIndex: null,
    steppedUp,
  },
})

export const challengeOf = ({ portalId, contactId, epoch = 0, ticket }: Binding): CodeBinding => ({
  portalId,
  contactId,
  codeId: newChallengeId(),
  purpose: 'login',
  loginDigest: 'login',
  epoch,
  ticket,
  pendingFactor: null,
})

export const targetOf = ({ factorId, method, destinationMasked }: Factor): CodeTarget => ({
  factorId,
  method,
  destinationMasked,
})
