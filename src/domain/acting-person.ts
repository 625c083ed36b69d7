import type { Role } from './caller.ts'
import { TokenError } from './errors.ts'
import { type OrganizationId, organizationIdSchema, type Subject, subjectSchema } from './ids.ts'

export interface ActingPerson {
  subject: Subject | null
  organizationId: OrganizationId | null
}

/** The acting person, and for an organization's admin the organization: both as the portal says. Throws `TokenError`. */
export function actingPerson(
  said: { subject?: string | undefined; organizationId?: string | undefined },
  role: Role,
): ActingPerson {
  const subject = subjectSchema.optional().safeParse(said.subject)
  const organization = organizationIdSchema.optional().safeParse(said.organizationId)
  if (!subject.success) throw new TokenError('invalid_request', 'subject is not an id')
  if (!organization.success) throw new TokenError('invalid_request', 'organization_id is not an id')
  const admin = role === 'organization_admin' || role === 'master_admin'
  if (admin && !subject.data) throw new TokenError('invalid_request', `subject is required for ${role}`)
  if ((role === 'organization_admin') !== (organization.data !== undefined))
    throw new TokenError('invalid_request', 'organization_id goes with organization_admin, and only with it')
  return { subject: subject.data ?? null, organizationId: organization.data ?? null }
}
