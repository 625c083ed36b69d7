/** The settings document and its merge patch. */
import { z } from 'zod'
import { methodSchema } from '../../domain/methods/index.ts'
import { codeSettingsSchema, optOutSchema, settingsSchema } from '../../domain/settings.ts'
import { epoch, instant } from './values.ts'

const readOnly = {
  epoch,
  version: z.int().meta({ description: 'Raised by every change; also the ETag.' }),
  updatedAt: instant,
  updatedBy: z.string().nullable().meta({ description: 'Subject of the Master Admin.' }),
}

const example = {
  enabled: false,
  methods: ['sms', 'email'],
  optOut: { allowed: false, rememberDays: null, skipsMax: null, endsAt: null },
  displayName: 'Acme Client Portal',
  locale: 'en',
  autofillDomain: null,
  code: { length: 6, smsLifetimeSeconds: 300, emailLifetimeSeconds: 600 },
  sms: { allowedCountries: ['US', 'CA'] },
  epoch: 0,
  version: 1,
  updatedAt: '2026-03-01T09:30:00.000Z',
  updatedBy: null,
}

export const settings = z.object({ ...settingsSchema.shape, ...readOnly }).meta({
  id: 'Settings',
  description: "A portal's settings. The example is a new portal's.",
  examples: [example],
})

export const settingsPatch = z
  .strictObject({
    ...settingsSchema.shape,
    optOut: optOutSchema.partial(),
    code: codeSettingsSchema.partial(),
    sms: settingsSchema.shape.sms.partial(),
    ...readOnly,
  })
  .partial()
  .meta({
    description: 'JSON merge patch (RFC 7396). Read-only members may be sent unchanged.',
    examples: [{ enabled: true, methods: ['sms'], optOut: { allowed: true, rememberDays: 90 } }],
  })

export const methodList = z
  .object({
    items: z.array(
      z.object({
        method: methodSchema,
        restricted: z.boolean().meta({ description: 'A restricted authenticator (NIST SP 800-63B-4 §3.2.9).' }),
        phishingResistant: z.boolean(),
        nistOutOfBand: z.boolean().meta({ description: 'Accepted as out-of-band authenticator by NIST SP 800-63B-4.' }),
        notice: z.string().meta({ description: 'What to tell those who choose it.' }),
      }),
    ),
  })
  .meta({ id: 'MethodList' })
