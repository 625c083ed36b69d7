/** The token endpoint (RFC 6749 §4.4). */
import { z } from 'zod'
import { tokenErrors } from '../../domain/errors.ts'

/** RFC 6749 §3.2: a parameter without a value is as good as left out, and unknown ones are ignored. */
const parameter = z.string().max(512).optional()

export const tokenForm = z
  .object({
    grant_type: z.string().min(1).max(512).meta({ description: 'Always `client_credentials`.' }),
    client_id: parameter.meta({ description: 'Unless HTTP Basic is used.' }),
    client_secret: parameter.meta({ description: 'Unless HTTP Basic is used.' }),
    role: parameter.meta({ description: 'Default `portal`; the client must hold it.' }),
    subject: parameter.meta({
      description:
        "The acting person's id in the portal, the contact's own id where the person is one. Required for `organization_admin` and `master_admin`.",
    }),
    organization_id: parameter.meta({ description: 'Required for `organization_admin`.' }),
  })
  .meta({ examples: [{ grant_type: 'client_credentials', role: 'master_admin', subject: 'admin-7' }] })

export const accessToken = z
  .object({
    access_token: z.string().meta({ description: 'JWT (RFC 9068); opaque to you.' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Seconds.' }),
  })
  .meta({
    id: 'AccessToken',
    examples: [
      {
        access_token: 'eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJjbGlfTTV0In0.c2ln',
        token_type: 'Bearer',
        expires_in: 900,
      },
    ],
  })

export const tokenProblem = z
  .object({
    error: z.enum(tokenErrors),
    error_description: z.string(),
  })
  .meta({ id: 'TokenProblem', description: 'RFC 6749 §5.2.' })
