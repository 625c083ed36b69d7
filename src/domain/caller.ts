/** Who calls: role and subject, from the access token; and the access-control list of everything that can be called. */
import { z } from 'zod'
import type { OrganizationId, PortalId, Subject } from './ids.ts'

export const roles = ['operator', 'portal', 'organization_admin', 'master_admin'] as const
export const roleSchema = z.enum(roles)
export type Role = z.infer<typeof roleSchema>

/** Roles that an API client of a portal may hold; the operator is no such client. */
const portalRoles = ['portal', 'organization_admin', 'master_admin'] as const
export const portalRoleSchema = z.enum(portalRoles)
export type PortalRole = z.infer<typeof portalRoleSchema>

/** The client id that the operator uses at the token endpoint. */
export const OPERATOR_CLIENT_ID = 'operator'

interface CallerBase {
  /** The API client that asked for the token. */
  clientId: string
  /** The acting person's id in the portal, where the portal named one. */
  subject: Subject | null
}

export interface OperatorCaller extends CallerBase {
  role: 'operator'
}

/** A caller inside one portal. The portal comes from the token, never from the request. */
export interface PortalCaller extends CallerBase {
  role: PortalRole
  portalId: PortalId
  /** Set for `organization_admin` only: the one organization it may see. */
  organizationId: OrganizationId | null
}

export type Caller = OperatorCaller | PortalCaller

/** Who did it, as events keep it. */
export interface Actor {
  role: Role | 'system'
  subject: string | null
  clientId: string | null
}

export const actorOf = (caller: Caller): Actor => ({
  role: caller.role,
  subject: caller.subject,
  clientId: caller.clientId,
})

/** Which roles may call what. A use case that is not named here cannot be called. */
export const access = {
  createPortal: ['operator'],
  listPortals: ['operator'],
  readPortal: ['operator'],
  changePortal: ['operator'],
  createClient: ['operator'],
  listClients: ['operator'],
  rotateClientSecret: ['operator'],
  revokeClient: ['operator'],
  replaceClientKeys: ['operator'],

  readSettings: ['portal', 'master_admin'],
  changeSettings: ['master_admin'],
  listMethods: ['operator', 'portal', 'organization_admin', 'master_admin'],

  decideLogin: ['portal'],
  startEnrollment: ['portal'],
  readEnrollment: ['portal'],
  resendEnrollment: ['portal'],
  confirmEnrollment: ['portal'],
  removeFactor: ['portal'],
  startChallenge: ['portal'],
  readChallenge: ['portal'],
  resendChallenge: ['portal'],
  verifyChallenge: ['portal'],
  skipEnrollment: ['portal'],
  enableMfa: ['portal'],

  listContacts: ['portal', 'organization_admin', 'master_admin'],
  readContact: ['portal', 'organization_admin', 'master_admin'],
  resetContact: ['organization_admin', 'master_admin'],
  eraseContact: ['master_admin'],
  listEvents: ['master_admin'],
} as const satisfies Record<string, readonly Role[]>

/** The name of a protected use case; also its `operationId`. */
export type Operation = keyof typeof access
