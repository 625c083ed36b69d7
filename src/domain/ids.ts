/** Identifiers. The portal's own ids arrive from outside; ours are a prefix and 128 random bits, written in base64url. */
import { z } from 'zod'

/**
 * The portal's own ids (portal, organization, contact, login, acting person). Their alphabet leaves `/ { } | NUL` free,
 * so these are safe as separators in Redis keys and keyed hashes. Never an address or a number: ids stay in logs and events.
 */
const foreignId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._~:-]{0,127}$/)

export const portalIdSchema = foreignId.brand<'PortalId'>()
export const organizationIdSchema = foreignId.brand<'OrganizationId'>()
export const contactIdSchema = foreignId.brand<'ContactId'>()
export const loginIdSchema = foreignId.brand<'LoginId'>()
export const subjectSchema = foreignId.brand<'Subject'>()

export type PortalId = z.infer<typeof portalIdSchema>
export type OrganizationId = z.infer<typeof organizationIdSchema>
export type ContactId = z.infer<typeof contactIdSchema>
export type LoginId = z.infer<typeof loginIdSchema>
export type Subject = z.infer<typeof subjectSchema>

/** Bytes of randomness in an id of ours (ASVS 11.5.1: at least 128 bits). */
export const ID_BYTES = 16

const ours = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[A-Za-z0-9_-]{22}$`))

export const enrollmentIdSchema = ours('enr').brand<'EnrollmentId'>()
export const challengeIdSchema = ours('chl').brand<'ChallengeId'>()
export const factorIdSchema = ours('fct').brand<'FactorId'>()
export const eventIdSchema = ours('evt').brand<'EventId'>()
export const clientIdSchema = ours('cli').brand<'ClientId'>()

export type EnrollmentId = z.infer<typeof enrollmentIdSchema>
export type ChallengeId = z.infer<typeof challengeIdSchema>
export type FactorId = z.infer<typeof factorIdSchema>
export type EventId = z.infer<typeof eventIdSchema>
export type ClientId = z.infer<typeof clientIdSchema>

/** What a code belongs to: one challenge or one enrollment. */
export type CodeId = ChallengeId | EnrollmentId

/** One contact of one portal: the unit that is locked, counted and erased. */
export interface ContactRef {
  portalId: PortalId
  contactId: ContactId
}

/** Makes an id of ours out of its prefix and {@link ID_BYTES} drawn bytes. */
export const idFrom = (prefix: 'enr' | 'chl' | 'fct' | 'evt' | 'cli', bytes: Uint8Array): string =>
  `${prefix}_${Buffer.from(bytes).toString('base64url')}`
