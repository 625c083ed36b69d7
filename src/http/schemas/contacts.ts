/** Decisions, opt-out, reset and the overview of contacts. */
import { z } from 'zod'
import { contactStatuses } from '../../domain/contact.ts'
import { enrollReasons } from '../../domain/decision.ts'
import { methodSchema } from '../../domain/methods/index.ts'
import { countrySchema } from '../../domain/settings.ts'
import { challenge, factor, factorChoice } from './codes.ts'
import { contactId, loginId, organizationId } from './ids.ts'
import { problem } from './problem.ts'
import { cursor, epoch, instant, limit, locale, pageOf, plainText } from './values.ts'

export const decideLoginBody = z
  .strictObject({
    organizationId,
    loginId,
    sendCode: z.boolean().optional().meta({ description: 'Start a challenge right away where one is needed.' }),
    locale: locale.optional(),
  })
  .meta({ examples: [{ organizationId: 'org-17', loginId: 'lgn-7f3c9a52e1', sendCode: true }] })

const denied = z.discriminatedUnion('reason', [
  z.object({
    epoch,
    decision: z.literal('deny'),
    reason: z.literal('factor_locked'),
    retryAfterSeconds: z.int().meta({ description: 'Seconds until the lock ends.' }),
  }),
  z.object({ epoch, decision: z.literal('deny'), reason: z.literal('reset_required') }),
])

export const decision = z
  .discriminatedUnion('decision', [
    z.object({ epoch, decision: z.literal('allow'), reason: z.enum(['mfa_disabled', 'skipped']) }),
    z.object({
      epoch,
      decision: z.literal('enroll'),
      reason: z.enum(enrollReasons),
      methods: z.array(methodSchema),
      countries: z.array(countrySchema).optional().meta({ description: 'Where SMS is among the methods.' }),
      canSkip: z.boolean(),
      skipsLeft: z.int().nullable().meta({ description: 'null: any number.' }),
    }),
    z.object({
      epoch,
      decision: z.literal('challenge'),
      factors: z.array(factorChoice).meta({ description: 'The last proved first.' }),
      challenge: challenge.nullable().optional().meta({ description: 'With `sendCode`; null: see `sendError`.' }),
      sendError: problem.optional().meta({ description: 'The problem document that starting the challenge answered.' }),
    }),
    denied,
  ])
  .meta({
    id: 'Decision',
    description: 'What the portal does now. Treat a `decision` you do not know as `deny`.',
    examples: [
      { epoch: 3, decision: 'allow', reason: 'mfa_disabled' },
      { epoch: 3, decision: 'deny', reason: 'factor_locked', retryAfterSeconds: 1712 },
    ],
  })

export const ofOrganizationBody = z.strictObject({ organizationId }).meta({ examples: [{ organizationId: 'org-17' }] })

export const skipped = z
  .object({
    skippedAt: instant,
    skipUntil: instant.nullable().meta({ description: "Under today's settings; null: without end." }),
    skipsLeft: z.int().nullable().meta({ description: 'null: any number.' }),
  })
  .meta({ id: 'Skipped' })

export const enabled = z
  .object({ logoutRequired: z.literal(true), decision: z.literal('enroll') })
  .meta({ id: 'Enabled' })

export const resetBody = z.strictObject({
  reason: plainText(1, 200)
    .optional()
    .meta({
      description: 'Why, for the audit trail; erased with the contact.',
      examples: ['Lost phone, identity checked by video call'],
    }),
})

export const resetDone = z
  .object({ cleared: z.object({ factors: z.int(), skip: z.boolean(), lock: z.boolean() }) })
  .meta({ id: 'ResetDone', examples: [{ cleared: { factors: 1, skip: false, lock: false } }] })

const contactStatus = z.enum(contactStatuses).meta({ id: 'ContactStatus', description: "Under today's settings." })

export const contact = z
  .object({
    contactId,
    organizationId,
    status: contactStatus,
    factors: z.array(factor),
    skippedAt: instant.nullable(),
    skipUntil: instant.nullable(),
    lockedUntil: instant.nullable(),
  })
  .meta({
    id: 'Contact',
    description: 'What an "Organization Details" page shows of a contact.',
    examples: [
      {
        contactId: 'c-1001',
        organizationId: 'org-17',
        status: 'not_enrolled',
        factors: [],
        skippedAt: null,
        skipUntil: null,
        lockedUntil: null,
      },
    ],
  })

export const contactPage = pageOf(contact).meta({ id: 'ContactPage' })

export const contactQuery = z.strictObject({
  organizationId: organizationId.optional(),
  status: contactStatus.optional(),
  limit,
  cursor: cursor.optional(),
})
