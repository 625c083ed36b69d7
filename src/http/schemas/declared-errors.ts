/** Which codes each operation can answer, besides those that come with its kind. Read it like an access list. */
import { access, type Operation } from '../../domain/caller.ts'
import type { ErrorCode } from '../../domain/errors.ts'

/** Operations without an access token. */
type PublicOperation = 'issueToken' | 'jwks'
export type OperationId = Operation | PublicOperation

const cannotSend = ['too_many_messages', 'destination_unreachable', 'delivery_failed'] as const
const locked = ['factor_locked', 'reset_required'] as const
const over = ['already_used', 'expired', 'attempts_exhausted', 'superseded', 'cancelled'] as const
const cannotResend = ['resend_too_soon', 'sends_exhausted', ...over, ...cannotSend] as const
const repeated = ['idempotency_key_reused', 'request_in_progress'] as const

const ownErrors: Record<Operation, readonly ErrorCode[]> = {
  createPortal: ['portal_exists'],
  listPortals: [],
  readPortal: ['not_found'],
  changePortal: ['not_found'],
  createClient: ['not_found'],
  listClients: ['not_found'],
  rotateClientSecret: ['not_found'],
  revokeClient: ['not_found'],
  replaceClientKeys: ['not_found'],

  readSettings: [],
  changeSettings: ['settings_changed'],
  listMethods: [],

  decideLogin: [],
  startEnrollment: [
    'not_found',
    'step_up_required',
    'mfa_disabled',
    'method_not_allowed',
    'destination_invalid',
    'country_not_allowed',
    ...locked,
    ...cannotSend,
    ...repeated,
  ],
  readEnrollment: ['not_found'],
  resendEnrollment: [
    'not_found',
    'step_up_required',
    'mfa_disabled',
    'method_not_allowed',
    'country_not_allowed',
    ...locked,
    ...cannotResend,
    ...repeated,
  ],
  confirmEnrollment: [
    'not_found',
    'code_incorrect',
    'step_up_required',
    'mfa_disabled',
    'method_not_allowed',
    ...over,
    ...locked,
    ...repeated,
  ],
  removeFactor: ['not_found', 'step_up_required', 'last_factor'],
  startChallenge: [
    'not_found',
    'mfa_disabled',
    'not_enrolled',
    'method_not_allowed',
    ...locked,
    ...cannotSend,
    ...repeated,
  ],
  readChallenge: ['not_found'],
  resendChallenge: [
    'not_found',
    'mfa_disabled',
    'not_enrolled',
    'method_not_allowed',
    ...locked,
    ...cannotResend,
    ...repeated,
  ],
  verifyChallenge: [
    'not_found',
    'code_incorrect',
    'mfa_disabled',
    'method_not_allowed',
    ...over,
    ...locked,
    ...repeated,
  ],
  skipEnrollment: ['not_found', 'skip_not_allowed', 'mfa_disabled', 'factor_locked'],
  enableMfa: ['not_found', 'already_enrolled', 'mfa_disabled'],

  listContacts: [],
  readContact: ['not_found'],
  resetContact: ['not_found', 'self_reset'],
  eraseContact: ['not_found', 'self_reset'],
  listEvents: [],
}

/** Codes of the problem documents that an operation may answer. (The token endpoint has words of its own besides.) */
export function declaredErrors(operation: OperationId, mayHaveBody: boolean): ErrorCode[] {
  const body: ErrorCode[] = mayHaveBody ? ['body_too_large', 'unsupported_media_type'] : []
  if (operation === 'jwks') return ['invalid_request', 'unavailable']
  if (operation === 'issueToken') return [...body, 'unavailable']
  const inPortal: ErrorCode[] = access[operation].some(role => role !== 'operator') ? ['portal_suspended'] : []
  return [
    'invalid_request',
    'unauthenticated',
    'forbidden',
    ...inPortal,
    ...ownErrors[operation],
    ...body,
    'unavailable',
  ]
}

/** Whether the operation honours `Idempotency-Key`. */
export const isIdempotent = (operation: OperationId): boolean =>
  operation in ownErrors && ownErrors[operation as Operation].includes('idempotency_key_reused')
