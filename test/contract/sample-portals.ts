/** Portals, contacts and codes for the suites of the Postgres ports. Ids are fresh, so that tests share a database. */
import { randomBytes } from 'node:crypto'
import { makePostgresContacts } from '../../src/adapters/postgres/contacts.ts'
import { makePostgresEvents } from '../../src/adapters/postgres/events.ts'
import type { Database } from '../../src/adapters/postgres/open-database.ts'
import { makePostgresPortals } from '../../src/adapters/postgres/portals.ts'
import { makePostgresSettlement } from '../../src/adapters/postgres/settlement.ts'
import type { CodeBinding, CodeTarget } from '../../src/domain/code.ts'
import type { EventContext, EventType } from '../../src/domain/event.ts'
import {
  type ContactRef,
  challengeIdSchema,
  clientIdSchema,
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
import { patchSettings } from '../../src/domain/settings-change.ts'
import type { Proof } from '../../src/domain/step-up.ts'

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

/** What a step-up of a contact proves whose phone was enrolled before any epoch began. */
export const byPhone: Proof = { method: 'sms', epoch: 0 }

export interface Binding extends ContactRef {
  epoch?: number
  ticket: string
}

export const enrollmentOf = (
  { portalId, contactId, epoch = 0, ticket }: Binding,
  country: string | null = 'US',
  provedBy: Proof | null = null,
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
    provedBy,
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

/** A portal in the database, with the ports that a story about it needs. */
export async function makeStory(database: Database, settings: Partial<Settings> = {}) {
  const portals = makePostgresPortals(database)
  const contacts = makePostgresContacts(database)
  const settlement = makePostgresSettlement(database)
  const events = makePostgresEvents(database)
  const portal = newPortal(settings)
  const { portalId } = portal
  await portals.create(portal)

  const read = async (): Promise<Portal> => {
    const stored = await portals.read(portalId)
    if (!stored) throw new Error('the portal is gone')
    return stored
  }
  /** Changes settings as the use case does, whatever the version. */
  async function change(patch: unknown): Promise<Portal> {
    const changed = await portals.update(patchSettings(await read(), patch), null, [], context)
    return changed ?? change(patch)
  }

  /** A contact that is known and has no factor. */
  async function known(ref: ContactRef = newRef(portalId)): Promise<Binding> {
    const { snapshot } = await settlement.requestEnrollment(
      {
        ...ref,
        type: 'enrollment.requested',
        enrollmentId: newEnrollmentId(),
        organizationId: acme,
        method: 'sms',
        country: 'US',
        ticket: null,
        provedBy: null,
        epoch: null,
      },
      context,
    )
    if (!snapshot.contact) throw new Error('the portal enrolls nobody')
    return { ...ref, epoch: snapshot.portal.epoch, ticket: snapshot.contact.ticket }
  }

  /** A contact that has confirmed a factor. */
  async function enrolled(method: Method = 'sms', country: string | null = 'US') {
    const contact = await known()
    const target = newTarget(method)
    const binding = enrollmentOf(contact, method === 'sms' ? country : null)
    const verdict = await settle(binding, target, true)
    if (verdict.outcome !== 'verified') throw new Error(`enrolling was answered ${verdict.outcome}`)
    return { ...contact, ticket: verdict.ticket, target }
  }

  /** Settles one comparison of a challenge or enrollment. */
  function settle(binding: CodeBinding, target: CodeTarget, right: boolean, attemptId = newAttemptId()) {
    const comparison = { binding, target, right, attemptId }
    return binding.purpose === 'enrollment'
      ? settlement.settleEnrollment(comparison, context)
      : settlement.settleChallenge(comparison, context)
  }

  const reset = (ref: ContactRef) =>
    contacts.change(ref, null, context, ({ contact }) => ({
      answer: undefined,
      change: { kind: 'reset' },
      events: [
        {
          type: 'contact.reset',
          contactId: ref.contactId,
          organizationId: contact?.organizationId ?? null,
          details: {},
          reason: 'lost the phone',
        },
      ],
    }))

  const eventsOf = async (ref: ContactRef, type?: EventType) =>
    (await events.list(portalId, { contactId: ref.contactId, type, limit: 1000 })).items

  return { portalId, portals, contacts, settlement, events, read, change, known, enrolled, settle, reset, eventsOf }
}
export type Story = Awaited<ReturnType<typeof makeStory>>
