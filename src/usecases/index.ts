/** Everything the service does, by name; the names are the `operationId`s. */
import type { ChallengeId, ContactId, EnrollmentId } from '../domain/ids.ts'
import type { Ports } from '../ports/ports.ts'
import { makeAnswerOnce } from './answer-once.ts'
import {
  makeCreateClient,
  makeListClients,
  makeReplaceClientKeys,
  makeRevokeClient,
  makeRotateClientSecret,
} from './api-clients.ts'
import { authorizeCaller, makeAuthenticateCaller } from './authenticate-caller.ts'
import { makeAuthenticateClient } from './authenticate-client.ts'
import type { Call } from './call.ts'
import type { ClientKeys } from './client-keys.ts'
import { makeCompareCode } from './compare-code.ts'
import { makeConfirmEnrollment } from './confirm-enrollment.ts'
import { makeDecideLogin } from './decide-login.ts'
import { makeEnableMfa } from './enable-mfa.ts'
import { makeEraseContact } from './erase-contact.ts'
import { makeIssueToken } from './issue-token.ts'
import { makeListEvents } from './list-events.ts'
import { makeChangePortal, makeCreatePortal, makeListPortals, makeReadPortal } from './portals.ts'
import { makeReadCode } from './read-code.ts'
import { makeListContacts, makeReadContact } from './read-contacts.ts'
import { makeReadiness } from './readiness.ts'
import { makeRemoveFactor } from './remove-factor.ts'
import { makeResendChallenge } from './resend-challenge.ts'
import { makeResendEnrollment } from './resend-enrollment.ts'
import { makeResetContact } from './reset-contact.ts'
import type { RevocationList } from './revocation-list.ts'
import { makeSendCode } from './send-code.ts'
import { listMethods, makeChangeSettings, makeReadSettings } from './settings.ts'
import { makeSkipEnrollment } from './skip-enrollment.ts'
import { makeStartChallenge } from './start-challenge.ts'
import { makeStartEnrollment } from './start-enrollment.ts'
import { makeVerifyChallenge } from './verify-challenge.ts'

export interface UseCaseOptions {
  operatorSecret: string
  /** New portals may send to every country unless the operator limits them (embedded mode). */
  anyCountry: boolean
  revocations: RevocationList
  clientKeys: ClientKeys
}

export type UseCases = ReturnType<typeof makeUseCases>

export function makeUseCases(ports: Ports, options: UseCaseOptions) {
  const { operatorSecret, anyCountry, revocations, clientKeys } = options
  const readCode = makeReadCode(ports)
  const compareCode = makeCompareCode(ports)
  const sendCode = makeSendCode(ports)
  const startChallenge = makeStartChallenge(ports, sendCode)
  return {
    createPortal: makeCreatePortal(ports, anyCountry),
    listPortals: makeListPortals(ports),
    readPortal: makeReadPortal(ports),
    changePortal: makeChangePortal(ports, revocations),
    createClient: makeCreateClient(ports, clientKeys),
    listClients: makeListClients(ports),
    rotateClientSecret: makeRotateClientSecret(ports, revocations),
    revokeClient: makeRevokeClient(ports, revocations),
    replaceClientKeys: makeReplaceClientKeys(ports, clientKeys),

    readSettings: makeReadSettings(ports),
    changeSettings: makeChangeSettings(ports),
    listMethods,

    decideLogin: makeDecideLogin(ports, startChallenge),
    startEnrollment: makeStartEnrollment(ports, sendCode),
    readEnrollment: (call: Call, { contactId, enrollmentId }: { contactId: ContactId; enrollmentId: EnrollmentId }) =>
      readCode(call, contactId, enrollmentId),
    resendEnrollment: makeResendEnrollment(ports, sendCode),
    confirmEnrollment: makeConfirmEnrollment(ports, compareCode),
    removeFactor: makeRemoveFactor(ports),
    startChallenge,
    readChallenge: (call: Call, { contactId, challengeId }: { contactId: ContactId; challengeId: ChallengeId }) =>
      readCode(call, contactId, challengeId),
    resendChallenge: makeResendChallenge(ports, sendCode),
    verifyChallenge: makeVerifyChallenge(ports, compareCode),
    skipEnrollment: makeSkipEnrollment(ports),
    enableMfa: makeEnableMfa(ports),

    listContacts: makeListContacts(ports),
    readContact: makeReadContact(ports),
    resetContact: makeResetContact(ports),
    eraseContact: makeEraseContact(ports),
    listEvents: makeListEvents(ports),

    issueToken: makeIssueToken(ports, operatorSecret),
    authenticateClient: makeAuthenticateClient(ports, clientKeys, revocations),
    authenticateCaller: makeAuthenticateCaller(revocations),
    authorizeCaller,
    answerOnce: makeAnswerOnce(ports),
    jwks: ports.tokens.jwks,
    readiness: makeReadiness(ports, revocations, clientKeys),
  }
}
