/** What the scripts say of a challenge or enrollment, read back into the words of the domain. */
import { z } from 'zod'
import { type CodeBinding, codeStatuses, deliveries, purposes } from '../../domain/code.ts'
import {
  challengeIdSchema,
  contactIdSchema,
  enrollmentIdSchema,
  factorIdSchema,
  portalIdSchema,
} from '../../domain/ids.ts'
import { methodSchema } from '../../domain/methods/index.ts'

/** JSON text; an error of the schema, like any other, when it is none. */
const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue('not JSON')
    return z.NEVER
  }
})

/** ms of the server's clock. */
export const instant = z.number().transform(ms => new Date(ms))

const pendingFactor = z.object({
  country: z.string().nullable(),
  destinationSealed: z.string(),
  destinationIndex: z.string(),
  prefixIndex: z.string().nullable(),
  // A record of an older version lacks it: it proves nothing, and an enrolled contact starts anew.
  provedBy: z.object({ method: methodSchema, epoch: z.int() }).nullable().default(null),
})

const binding: z.ZodType<CodeBinding> = z.object({
  portalId: portalIdSchema,
  contactId: contactIdSchema,
  codeId: z.union([challengeIdSchema, enrollmentIdSchema]),
  purpose: z.enum(purposes),
  loginDigest: z.string(),
  epoch: z.int(),
  ticket: z.string(),
  pendingFactor: pendingFactor.nullable(),
})

const target = z.object({ factorId: factorIdSchema, method: methodSchema, destinationMasked: z.string() })

/** A record as `view.lua` writes it. */
export const recordReply = json.pipe(
  z.object({
    binding: json.pipe(binding),
    status: z.enum(codeStatuses),
    target,
    codeLength: z.int(),
    expiresAt: instant,
    resendAt: instant.optional().transform(at => at ?? null),
    attemptsLeft: z.int().nonnegative(),
    sendsLeft: z.int().nonnegative(),
    delivery: z.enum(deliveries),
    readAt: instant,
  }),
)

/** The codes to be compared, the newest first. */
export const liveCodesReply = json.pipe(
  z
    .array(z.object({ kid: z.string(), digest: z.string(), target, sendNo: z.int() }))
    .min(1)
    .max(2),
)
