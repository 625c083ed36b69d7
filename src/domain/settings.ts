/** A portal's settings and what they mean for old factors: from which epoch each method and country is valid. */
import { z } from 'zod'
import { countryCodes } from './destination.ts'
import type { PortalId } from './ids.ts'
import { methodSchema } from './methods/index.ts'

export const countrySchema = z.enum(countryCodes)
export type Country = z.infer<typeof countrySchema>

/** Goes into messages, so nothing in it may look like a link: a dot only before a space or at the end. */
export const displayNameSchema = z
  .string()
  .regex(
    /^(?=.{1,40}$)(?:[\p{L}\p{N}&'-]|\.(?=$| )| (?=\S))+$/u,
    "letters, digits, spaces and & ' -; a dot only before a space or at the end",
  )
  .regex(/^\S/)

/** BCP 47, the part of it that message texts can follow: language, script, region. */
export const localeSchema = z.string().regex(/^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?$/)

/** Host of an origin-bound one-time code message (`@host #code`). */
export const autofillDomainSchema = z
  .string()
  .max(100)
  .regex(/^(?!.*\.\d+$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/)

const seconds = z.int().min(60).max(600)

const uniqueList = <T extends z.ZodType>(item: T) =>
  z.array(item).refine(list => new Set(list).size === list.length, 'each at most once')

export const optOutSchema = z.strictObject({
  /** Whether "Skip for now" is offered and counts. */
  allowed: z.boolean(),
  /** Days for which one skip counts; null: without end. */
  rememberDays: z.int().min(1).max(3650).nullable(),
  /** Skips since the last reset or epoch; null: any number. */
  skipsMax: z.int().min(1).max(1000).nullable(),
  /** Instant after which no skip counts; null: never. */
  endsAt: z.iso.datetime({ offset: true }).nullable(),
})

export const codeSettingsSchema = z.strictObject({
  /** Digits; NIST SP 800-63B-4 §3.1.3.2: at least 6. */
  length: z.int().min(6).max(10),
  /** Seconds from its own sending; ASVS 6.5.5: at most 10 minutes. */
  smsLifetimeSeconds: seconds,
  emailLifetimeSeconds: seconds,
})

/** What a Master Admin may set. */
export const settingsSchema = z.strictObject({
  enabled: z.boolean(),
  methods: uniqueList(methodSchema),
  optOut: optOutSchema,
  displayName: displayNameSchema,
  locale: localeSchema,
  autofillDomain: autofillDomainSchema.nullable(),
  code: codeSettingsSchema,
  sms: z.strictObject({ allowedCountries: uniqueList(countrySchema) }),
})
export type Settings = z.infer<typeof settingsSchema>

/**
 * From which epoch things count. What carries an older epoch is void; so turning MFA on, or allowing a method or country
 * again, voids everything before it without touching a contact's row.
 */
export const validFromSchema = z.object({
  /** Epoch at which MFA was last turned on: older skips are forgotten. */
  enabled: z.int(),
  methods: z.record(z.string(), z.int()),
  countries: z.record(z.string(), z.int()),
})
export type ValidFrom = z.infer<typeof validFromSchema>

/** What the operator allows a portal; settings may not exceed it. */
export const portalLimitsSchema = z.strictObject({
  /** SMS a UTC day. */
  dailyMessagesMax: z.int().min(0).max(10_000_000),
  /** Countries that the portal's settings may name; null: any. */
  allowedCountries: uniqueList(countrySchema).nullable(),
  /** SMS sender id by destination country (3–11 letters, digits, hyphens, at least one letter), where one is registered. */
  senderIds: z.partialRecord(countrySchema, z.string().regex(/^(?=.*[A-Za-z])[A-Za-z0-9-]{3,11}$/)),
  /** From-address of emails; null: the service's own. */
  emailFrom: z.email().max(254).nullable(),
})
export type PortalLimits = z.infer<typeof portalLimitsSchema>

export const defaultPortalLimits: PortalLimits = {
  dailyMessagesMax: 10_000,
  allowedCountries: null,
  senderIds: {},
  emailFrom: null,
}

/** A portal as the database holds it. */
export interface Portal {
  portalId: PortalId
  suspended: boolean
  /** Somebody seems to be guessing codes: new ones are longer. */
  guarded: boolean
  limits: PortalLimits
  settings: Settings
  epoch: number
  validFrom: ValidFrom
  version: number
  createdAt: Date
  updatedAt: Date
  updatedBy: string | null
}
