/** RFC 9457 problem documents. */
import { z } from 'zod'
import { type ErrorCode, errorVocabulary } from '../../domain/errors.ts'
import { limitNames } from '../../domain/limits.ts'

const codes = Object.keys(errorVocabulary) as [ErrorCode, ...ErrorCode[]]

export const problem = z
  .object({
    type: z.string().meta({ description: "Address of the code's documentation." }),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    code: z.enum(codes).meta({ description: 'The contract. Treat one you do not know by its status.' }),
    requestId: z.string().meta({ description: 'Names the request in our log and events.' }),
    retryAfterSeconds: z.int().optional().meta({ description: 'Also sent as `Retry-After`.' }),
    attemptsLeft: z.int().optional(),
    sendsLeft: z.int().optional(),
    resendAt: z.iso.datetime().nullable().optional(),
    limit: z.enum(limitNames).optional().meta({ description: 'Which limit refused the message.' }),
    errors: z
      .array(z.object({ pointer: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'JSON pointers into body, query or path, each with the broken rule; never the value.' }),
  })
  .meta({ id: 'Problem', description: 'A problem document (RFC 9457).' })
