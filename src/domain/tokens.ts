/** Claims of our tokens. What every token has (iss, iat, exp, jti) is added where it is signed. */
import { z } from 'zod'
import { roleSchema } from './caller.ts'
import { purposes } from './code.ts'
import { contactIdSchema, loginIdSchema, organizationIdSchema, portalIdSchema, subjectSchema } from './ids.ts'
import { CLOCK_TOLERANCE_SECONDS } from './limits.ts'
import { methodSchema } from './methods/index.ts'

/** JWS `typ` of access tokens, whoever signs them (RFC 9068). */
export const ACCESS_TYPE = 'at+jwt'

/** RFC 9068 claims plus ours. */
const accessClaimsSchema = z.object({
  /** The acting person, else the client. */
  sub: z.string().min(1),
  client_id: z.string().min(1),
  role: roleSchema,
  portal_id: portalIdSchema.optional(),
  organization_id: organizationIdSchema.optional(),
  /** The acting person's id, where the portal named one. */
  subject: subjectSchema.optional(),
  /** Number of the client secret that bought it. */
  gen: z.int().optional(),
})
export type AccessClaims = z.infer<typeof accessClaimsSchema>

/** As our signer completes them, as far as a verifier that has checked signature, issuer, audience and dates still cares. */
export const signedAccessClaimsSchema = accessClaimsSchema.extend({ jti: z.string().min(1) })

/** What an API client says in a token that it signs itself. Claims that are not named here say nothing. */
export const clientClaimsSchema = z.object({
  iss: z.string(),
  /** One audience: what is meant for somebody else as well could be shown to us by them. */
  aud: z.string(),
  sub: z.string(),
  jti: z.string().min(1).max(128),
  role: roleSchema.default('portal'),
  subject: subjectSchema.optional(),
  organization_id: organizationIdSchema.optional(),
  client_id: z.string().optional(),
  portal_id: z.string().optional(),
})

/** JWT-6: whole seconds, a lifetime that is allowed, begun (clocks differ a little) and not over. */
export function soundDates({ iat, exp, nbf }: Record<string, unknown>, lifetimeMax: number, at: Date): boolean {
  if (!Number.isSafeInteger(iat) || !Number.isSafeInteger(exp)) return false
  if (nbf !== undefined && !Number.isSafeInteger(nbf)) return false
  const [issuedAt, expiresAt, notBefore] = [Number(iat), Number(exp), Number(nbf ?? iat)]
  const lifetime = expiresAt - issuedAt
  const now = at.getTime() / 1000
  const begun = now >= Math.max(issuedAt, notBefore) - CLOCK_TOLERANCE_SECONDS
  return lifetime > 0 && lifetime <= lifetimeMax && begun && now <= expiresAt + CLOCK_TOLERANCE_SECONDS
}

/** "This contact has just proved this factor, in this login." */
export const assertionClaimsSchema = z.object({
  aud: portalIdSchema,
  sub: contactIdSchema,
  organization_id: organizationIdSchema,
  amr: z.array(z.string()),
  mfa_method: methodSchema,
  purpose: z.enum(purposes),
  login_id: loginIdSchema,
  epoch: z.int(),
  /** Seconds since 1970. */
  auth_time: z.int(),
  /** `change_factor` only: the contact's ticket, so that it dies with the next confirm or reset. Worth nothing outside a signature. */
  ticket: z.string().optional(),
})
export type AssertionClaims = z.infer<typeof assertionClaimsSchema>
