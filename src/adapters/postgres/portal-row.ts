/** A portal as a row, and back. */
import { z } from 'zod'
import { portalIdSchema } from '../../domain/ids.ts'
import { methodSchema } from '../../domain/methods/index.ts'
import { type Portal, settingsSchema, validFromSchema } from '../../domain/settings.ts'

/** An instant as the database writes it, in a column or in JSON. */
export const instantSchema = z.string().transform(text => new Date(text))

/** The settings that no statement judges by as columns. */
const storedSettingsSchema = settingsSchema.omit({ enabled: true, methods: true, sms: true })
export type StoredSettings = z.infer<typeof storedSettingsSchema>

/** Country codes are read as they were written: an update of the list of countries must not make a portal unreadable. */
const storedLimitsSchema = z.object({
  dailyMessagesMax: z.int(),
  allowedCountries: z.array(z.string()).nullable(),
  senderIds: z.partialRecord(z.string(), z.string()),
  emailFrom: z.string().nullable(),
})
export type StoredLimits = z.infer<typeof storedLimitsSchema>

export const portalColumns = {
  portal_id: portalIdSchema,
  suspended: z.boolean(),
  guarded: z.boolean(),
  limits: storedLimitsSchema,
  enabled: z.boolean(),
  methods: z.array(methodSchema),
  countries: z.array(z.string()),
  settings: storedSettingsSchema,
  epoch: z.int(),
  valid_from: validFromSchema,
  version: z.int(),
  created_at: instantSchema,
  updated_at: instantSchema,
  updated_by: z.string().nullable(),
}

export const portalRowSchema = z.object(portalColumns)
export type PortalRow = z.infer<typeof portalRowSchema>

export const portalFrom = (row: PortalRow): Portal => ({
  portalId: row.portal_id,
  suspended: row.suspended,
  guarded: row.guarded,
  limits: row.limits,
  settings: {
    enabled: row.enabled,
    methods: row.methods,
    ...row.settings,
    sms: { allowedCountries: row.countries },
  },
  epoch: row.epoch,
  validFrom: row.valid_from,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  updatedBy: row.updated_by,
})

/** The columns that a portal's settings and limits go to. */
export function portalValues({ settings, limits }: Pick<Portal, 'settings' | 'limits'>) {
  const { enabled, methods, sms, ...rest } = settings
  return { limits, enabled, methods, countries: sms.allowedCountries, settings: rest }
}
