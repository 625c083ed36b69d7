/** Portals and their API clients, as the operator sees them. */
import { z } from 'zod'
import { portalRoleSchema } from '../../domain/caller.ts'
import { displayNameSchema, portalLimitsSchema } from '../../domain/settings.ts'
import { firstJwks, registeredJwks } from './client-keys.ts'
import { clientId, portalId } from './ids.ts'
import { cursor, instant, limit, pageOf, plainText } from './values.ts'

/** Seconds for which a rotated secret may stay good: a day. */
const RETIRE_SECONDS_MAX = 86_400

z.globalRegistry.add(portalRoleSchema, {
  id: 'PortalRole',
  description: 'A role that an API client of a portal may ask for.',
})
z.globalRegistry.add(portalLimitsSchema, {
  id: 'PortalLimits',
  description: "What the portal's settings may not exceed.",
  examples: [{ dailyMessagesMax: 10_000, allowedCountries: ['US', 'CA'], senderIds: {}, emailFrom: null }],
})

const changedLimits = portalLimitsSchema
  .partial()
  .meta({ description: 'Members left out keep their value (a new portal: the default).' })

export const createPortalBody = z
  .strictObject({
    portalId,
    displayName: displayNameSchema.meta({ description: 'Goes into messages: nothing in it may look like a link.' }),
    limits: changedLimits.optional(),
  })
  .meta({
    examples: [{ portalId: 'acme', displayName: 'Acme Client Portal', limits: { allowedCountries: ['US', 'CA'] } }],
  })

export const changePortalBody = z
  .strictObject({
    suspended: z
      .boolean()
      .optional()
      .meta({ description: 'Every call of a suspended portal: 403 `portal_suspended`.' }),
    limits: changedLimits.optional(),
  })
  .meta({ examples: [{ suspended: true }] })

export const portal = z
  .object({
    portalId,
    displayName: z.string(),
    suspended: z.boolean(),
    limits: portalLimitsSchema,
    createdAt: instant,
  })
  .meta({
    id: 'Portal',
    examples: [
      {
        portalId: 'acme',
        displayName: 'Acme Client Portal',
        suspended: false,
        limits: { dailyMessagesMax: 10_000, allowedCountries: ['US', 'CA'], senderIds: {}, emailFrom: null },
        createdAt: '2026-03-01T09:30:00.000Z',
      },
    ],
  })

export const portalPage = pageOf(portal).meta({ id: 'PortalPage' })
/** Of portals and of clients. */
export const pageQuery = z.strictObject({ limit, cursor: cursor.optional() })

const clientRoles = z
  .array(portalRoleSchema)
  .min(1)
  .refine(list => new Set(list).size === list.length, 'each at most once')

export const createClientBody = z
  .strictObject({
    name: plainText(1, 100).meta({ description: 'For people.' }),
    roles: clientRoles,
    jwks: firstJwks.optional(),
  })
  .meta({ examples: [{ name: 'Portal back end', roles: ['portal'] }] })

export const rotateSecretBody = z.strictObject({
  retireAfterSeconds: z.int().min(0).max(RETIRE_SECONDS_MAX).optional().meta({
    description:
      'Seconds for which the old secret stays good; default 86400. 0: at once, and its tokens are dead within 60 s.',
  }),
})

export const clientSecret = z
  .object({
    clientId,
    clientSecret: z.string().meta({ description: 'Shown only here; stored only as a hash.' }),
    roles: z.array(portalRoleSchema),
  })
  .meta({
    id: 'ClientSecret',
    examples: [{ clientId: 'cli_M5tVb1oE8yKq0WzJc7LsNg', clientSecret: '(43 characters)', roles: ['portal'] }],
  })

export const client = z
  .object({
    clientId,
    name: z.string(),
    roles: z.array(portalRoleSchema),
    jwks: registeredJwks,
    createdAt: instant,
    rotatedAt: instant.nullable(),
    revokedAt: instant.nullable(),
  })
  .meta({ id: 'Client' })

export const clientPage = pageOf(client).meta({ id: 'ClientPage' })
