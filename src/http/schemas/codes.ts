/** Enrollments, challenges and factors. */
import { z } from 'zod'
import { codeStatuses, deliveries } from '../../domain/code.ts'
import { methodSchema } from '../../domain/methods/index.ts'
import { countrySchema } from '../../domain/settings.ts'
import { factorId, loginId, organizationId } from './ids.ts'
import { instant, jws, locale, typedCode } from './values.ts'

z.globalRegistry.add(methodSchema, { id: 'Method', description: 'How a code reaches the contact.' })
z.globalRegistry.add(countrySchema, { id: 'Country', description: 'ISO 3166-1 alpha-2 code of a country.' })

const maskedDestination = z.string().meta({
  description: 'Masked: the last two digits of a number, the first letter and the domain of an address.',
})

const codeMembers = {
  status: z.enum(codeStatuses).meta({ description: 'Only `pending` takes a code.' }),
  method: methodSchema,
  destination: maskedDestination,
  codeLength: z.int().meta({ description: 'Digits of the newest code.' }),
  expiresAt: instant.meta({ description: 'End of the newest code.' }),
  resendAt: instant.nullable().meta({ description: 'From when another code may be asked for; null: no more.' }),
  attemptsLeft: z.int(),
  sendsLeft: z.int(),
  delivery: z
    .object({ status: z.enum(deliveries) })
    .meta({ description: '`unknown`: the provider did not answer in time; the message may well arrive.' }),
}

const codeExample = {
  status: 'pending',
  method: 'sms',
  destination: '******67',
  codeLength: 6,
  expiresAt: '2026-03-01T09:35:00.000Z',
  resendAt: '2026-03-01T09:30:30.000Z',
  attemptsLeft: 5,
  sendsLeft: 4,
  delivery: { status: 'sent' },
}

export const challenge = z
  .object({ id: z.string().meta({ description: 'Id of the challenge.' }), ...codeMembers })
  .meta({
    id: 'Challenge',
    description: "One login's one-time code for an active factor.",
    examples: [{ id: 'chl_8cJfWq2LhR5sYtN1vUx0Pw', ...codeExample }],
  })

export const enrollment = z
  .object({ id: z.string().meta({ description: 'Id of the enrollment.' }), ...codeMembers })
  .meta({
    id: 'Enrollment',
    description: 'A factor on its way: pending until its first code is confirmed.',
    examples: [{ id: 'enr_q1Yw5r8mT0aXo3bKcVd2Zg', ...codeExample }],
  })

export const factorChoice = z
  .object({ factorId, method: methodSchema, destination: maskedDestination })
  .meta({ id: 'FactorChoice', description: 'A factor that a code can be sent to.' })

export const factor = z
  .object({
    factorId,
    method: methodSchema,
    destination: maskedDestination,
    confirmedAt: instant,
    lastUsedAt: instant.nullable().meta({ description: 'When it was last proved.' }),
    disabledAt: instant.nullable().meta({ description: 'Set after too many wrong codes; only a reset helps.' }),
  })
  .meta({
    id: 'Factor',
    description: 'A method that the contact has confirmed.',
    examples: [
      {
        factorId: 'fct_Zk4nB7eQxS9uGm3pHy6DrA',
        method: 'sms',
        destination: '******67',
        confirmedAt: '2026-03-01T09:30:41.000Z',
        lastUsedAt: null,
        disabledAt: null,
      },
    ],
  })

export const startEnrollmentBody = z
  .strictObject({
    organizationId,
    loginId,
    method: methodSchema,
    destination: z
      .string()
      .min(1)
      .max(320)
      .meta({
        description: 'A mobile number, best in E.164, or an email address. It is never answered in clear again.',
        examples: ['+12025550167'],
      }),
    country: countrySchema.optional().meta({ description: 'Allows a number in national notation of this country.' }),
    locale: locale.optional(),
    assertion: jws.optional().meta({
      description: 'Step-up of an enrolled contact: an assertion of purpose `change_factor`, of the same `loginId`.',
    }),
  })
  .meta({
    examples: [{ organizationId: 'org-17', loginId: 'lgn-7f3c9a52e1', method: 'sms', destination: '+12025550167' }],
  })

export const startChallengeBody = z
  .strictObject({
    loginId,
    factorId: factorId.optional().meta({ description: 'Default: the one proved last.' }),
    purpose: z
      .enum(['login', 'change_factor'])
      .optional()
      .meta({ description: 'Default `login`. `change_factor`: its assertion lets the contact change a factor.' }),
    locale: locale.optional(),
  })
  .meta({ examples: [{ loginId: 'lgn-7f3c9a52e1' }] })

export const resendChallengeBody = z.strictObject({
  factorId: factorId
    .optional()
    .meta({ description: 'Another factor of the contact; the codes sent before are dead then. Default: the same.' }),
})

/** Of verify and confirm. */
export const proofBody = z
  .strictObject({ code: typedCode, loginId })
  .meta({ examples: [{ code: '042917', loginId: 'lgn-7f3c9a52e1' }] })

export const removeFactorBody = z.strictObject({
  assertion: jws.meta({ description: 'An assertion of purpose `change_factor`.' }),
})

const assertion = z.string().meta({
  description:
    'ES256 JWT for handing on and for step-up, good for 60 s (purpose `change_factor`: 10 min). Its keys: `/.well-known/jwks.json`.',
})

export const confirmed = z.object({ factor, assertion }).meta({ id: 'Confirmed' })

export const verified = z.object({ status: z.literal('verified'), assertion }).meta({
  id: 'Verified',
  examples: [
    { status: 'verified', assertion: 'eyJhbGciOiJFUzI1NiIsInR5cCI6Im1mYStqd3QifQ.eyJzdWIiOiJjLTEwMDEifQ.c2ln' },
  ],
})
