/** The shape of the use cases that routes call, until `usecases/index.ts` says it. */
import type { Caller, Operation, PortalRole } from '../domain/caller.ts'
import type { Decision, EnrollReason } from '../domain/decision.ts'
import type { MfaError } from '../domain/errors.ts'
import type { Event, EventType } from '../domain/event.ts'
import type {
  ChallengeId,
  ClientId,
  ContactId,
  EnrollmentId,
  FactorId,
  LoginId,
  OrganizationId,
  PortalId,
} from '../domain/ids.ts'
import type { Method } from '../domain/methods/index.ts'
import type { Country, PortalLimits } from '../domain/settings.ts'
import type { SettingsDocument } from '../domain/settings-change.ts'
import type { Call } from '../usecases/call.ts'
import type { Page } from '../usecases/page.ts'
import type { ResendChallenge } from '../usecases/resend-challenge.ts'
import type { StartChallenge } from '../usecases/start-challenge.ts'
import type { StartEnrollment } from '../usecases/start-enrollment.ts'
import type { CodeView, ContactView, FactorChoice, FactorView } from '../usecases/views.ts'

type Limits = { [Name in keyof PortalLimits]?: PortalLimits[Name] | undefined }

interface PortalView {
  portalId: PortalId
  displayName: string
  suspended: boolean
  limits: PortalLimits
  createdAt: Date
}

interface ClientView {
  clientId: ClientId
  name: string
  roles: PortalRole[]
  createdAt: Date
  rotatedAt: Date | null
  revokedAt: Date | null
}

interface NewSecret {
  clientId: ClientId
  clientSecret: string
  roles: PortalRole[]
}

type DecisionView = { epoch: number } & (
  | Extract<Decision, { decision: 'allow' | 'deny' }>
  | { decision: 'challenge'; factors: FactorChoice[]; challenge?: CodeView | null; sendError?: MfaError }
  | {
      decision: 'enroll'
      reason: EnrollReason
      methods: Method[]
      countries?: Country[]
      canSkip: boolean
      skipsLeft: number | null
    }
)

export interface UseCases {
  createPortal(
    call: Call,
    input: { portalId: PortalId; displayName: string; limits?: Limits | undefined },
  ): Promise<PortalView>
  listPortals(call: Call, input: { limit: number; cursor?: string | undefined }): Promise<Page<PortalView>>
  readPortal(call: Call, input: { portalId: PortalId }): Promise<PortalView>
  changePortal(
    call: Call,
    input: { portalId: PortalId; suspended?: boolean | undefined; limits?: Limits | undefined },
  ): Promise<PortalView>
  createClient(call: Call, input: { portalId: PortalId; name: string; roles: PortalRole[] }): Promise<NewSecret>
  listClients(call: Call, input: { portalId: PortalId }): Promise<Page<ClientView>>
  rotateClientSecret(
    call: Call,
    input: { portalId: PortalId; clientId: ClientId; retireAfterSeconds?: number | undefined },
  ): Promise<NewSecret>
  revokeClient(call: Call, input: { portalId: PortalId; clientId: ClientId }): Promise<void>
  readSettings(call: Call): Promise<SettingsDocument>
  changeSettings(call: Call, input: { patch: unknown; ifMatch: string | null }): Promise<SettingsDocument>
  listMethods(): {
    items: { method: Method; restricted: boolean; phishingResistant: boolean; nistOutOfBand: boolean; notice: string }[]
  }
  decideLogin(
    call: Call,
    input: {
      contactId: ContactId
      organizationId: OrganizationId
      loginId: LoginId
      sendCode?: boolean | undefined
      locale?: string | undefined
    },
  ): Promise<DecisionView>
  startEnrollment(call: Call, input: StartEnrollment): Promise<{ created: boolean; enrollment: CodeView }>
  readEnrollment(call: Call, input: { contactId: ContactId; enrollmentId: EnrollmentId }): Promise<CodeView>
  resendEnrollment(call: Call, input: { contactId: ContactId; enrollmentId: EnrollmentId }): Promise<CodeView>
  confirmEnrollment(
    call: Call,
    input: { contactId: ContactId; enrollmentId: EnrollmentId; code: string; loginId: LoginId },
  ): Promise<{ factor: FactorView; assertion: string }>
  removeFactor(call: Call, input: { contactId: ContactId; factorId: FactorId; assertion: string }): Promise<void>
  startChallenge(call: Call, input: StartChallenge): Promise<{ created: boolean; challenge: CodeView }>
  readChallenge(call: Call, input: { contactId: ContactId; challengeId: ChallengeId }): Promise<CodeView>
  resendChallenge(call: Call, input: ResendChallenge): Promise<CodeView>
  verifyChallenge(
    call: Call,
    input: { contactId: ContactId; challengeId: ChallengeId; code: string; loginId: LoginId },
  ): Promise<{ status: 'verified'; assertion: string }>
  skipEnrollment(
    call: Call,
    input: { contactId: ContactId; organizationId: OrganizationId },
  ): Promise<{ skippedAt: Date; skipUntil: Date | null; skipsLeft: number | null }>
  enableMfa(
    call: Call,
    input: { contactId: ContactId; organizationId: OrganizationId },
  ): Promise<{ logoutRequired: true; decision: 'enroll' }>
  resetContact(
    call: Call,
    input: { contactId: ContactId; reason?: string | undefined },
  ): Promise<{ cleared: { factors: number; skip: boolean; lock: boolean } }>
  eraseContact(call: Call, input: { contactId: ContactId }): Promise<void>
  listContacts(
    call: Call,
    input: {
      organizationId?: OrganizationId | undefined
      status?: ContactView['status'] | undefined
      limit: number
      cursor?: string | undefined
    },
  ): Promise<Page<ContactView>>
  readContact(call: Call, input: { contactId: ContactId }): Promise<ContactView>
  listEvents(
    call: Call,
    input: {
      contactId?: ContactId | undefined
      type?: EventType | undefined
      from?: Date | undefined
      limit: number
      cursor?: string | undefined
    },
  ): Promise<Page<Event>>
  issueToken(input: {
    clientId: string
    clientSecret: string
    grantType: string
    role?: string | undefined
    subject?: string | undefined
    organizationId?: string | undefined
  }): Promise<{ accessToken: string; expiresIn: number }>
  authenticateCaller(claims: unknown): Caller | Promise<Caller>
  authorizeCaller(caller: Caller, operation: Operation): void
  answerOnce(
    call: Call,
    request: { key: string; path: string; body: unknown },
    run: (call: Call) => Promise<{ status: number; body: unknown }>,
  ): Promise<{ status: number; body: unknown }>
  jwks(): { keys: Record<string, unknown>[] }
  readiness(): Promise<{ ready: boolean; checks: Record<string, 'ok' | 'down'> }>
}
