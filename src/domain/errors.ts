/** The whole error vocabulary: every code that a caller can meet, its kind, and what it means. `code` is the contract. */
import type { LimitName } from './limits.ts'

export const errorVocabulary = {
  invalid_request: { kind: 'invalid', title: 'The request is not valid' },
  unauthenticated: { kind: 'unauthenticated', title: 'No valid access token' },
  forbidden: { kind: 'forbidden', title: 'This role may not do that' },
  step_up_required: { kind: 'forbidden', title: 'An enrolled contact must first prove its factor' },
  self_reset: { kind: 'forbidden', title: 'Nobody may reset or erase their own account' },
  portal_suspended: { kind: 'forbidden', title: 'The portal is suspended' },
  not_found: { kind: 'missing', title: 'Not found' },
  mfa_disabled: { kind: 'conflict', title: 'Multi-factor authentication is off for this portal' },
  method_not_allowed: { kind: 'conflict', title: 'The portal does not allow this method' },
  skip_not_allowed: { kind: 'conflict', title: 'The enrollment may not be skipped' },
  already_enrolled: { kind: 'conflict', title: 'The contact is enrolled' },
  not_enrolled: { kind: 'conflict', title: 'The contact has no factor that counts' },
  last_factor: { kind: 'conflict', title: 'The last factor cannot be removed' },
  already_used: { kind: 'conflict', title: 'The code has been used' },
  portal_exists: { kind: 'conflict', title: 'A portal with this id exists' },
  request_in_progress: { kind: 'conflict', title: 'The first request with this Idempotency-Key is still running' },
  expired: { kind: 'over', title: 'The time for this code is over' },
  attempts_exhausted: { kind: 'over', title: 'All attempts are spent' },
  superseded: { kind: 'over', title: 'A newer one has taken its place' },
  cancelled: { kind: 'over', title: 'It was cancelled' },
  settings_changed: { kind: 'precondition', title: 'The settings have changed since they were read' },
  body_too_large: { kind: 'too_large', title: 'The request body is too large' },
  unsupported_media_type: { kind: 'media_type', title: 'The content type is not supported' },
  code_incorrect: { kind: 'unprocessable', title: 'The code is not correct' },
  destination_invalid: { kind: 'unprocessable', title: 'Not one plain mobile number or email address' },
  country_not_allowed: { kind: 'unprocessable', title: 'The portal does not send to this country' },
  destination_unreachable: { kind: 'unprocessable', title: 'The destination refuses messages; ask for another' },
  idempotency_key_reused: { kind: 'unprocessable', title: 'The Idempotency-Key was used with another request' },
  factor_locked: { kind: 'locked', title: 'Too many wrong codes; wait' },
  reset_required: { kind: 'locked', title: 'Too many wrong codes; only a reset helps' },
  resend_too_soon: { kind: 'limited', title: 'Too soon for another code' },
  sends_exhausted: { kind: 'limited', title: 'No more codes are sent for this one' },
  too_many_messages: { kind: 'limited', title: 'Too many messages' },
  delivery_failed: { kind: 'provider', title: 'The provider refused the message; nothing was sent' },
  unavailable: { kind: 'unavailable', title: 'Temporarily unavailable' },
} as const satisfies Record<string, { kind: string; title: string }>

export type ErrorCode = keyof typeof errorVocabulary
export type ErrorKind = (typeof errorVocabulary)[ErrorCode]['kind']

/** What a problem document may say besides its code. Everything in here leaves the house: never a code, number, address or secret. */
export interface PublicDetails {
  detail?: string
  /** Seconds, also sent as Retry-After. */
  retryAfterSeconds?: number
  attemptsLeft?: number
  sendsLeft?: number
  /** RFC 3339. */
  resendAt?: string | null
  /** Which limit refused a message. */
  limit?: LimitName
  /** JSON pointers into the request, with the broken rule; never the value. */
  errors?: { pointer: string; message: string }[]
}

/** The one error that use cases throw. `details` are public; `cause` is for the log. */
export class MfaError extends Error {
  readonly code: ErrorCode
  readonly details: PublicDetails

  constructor(code: ErrorCode, details: PublicDetails = {}, options?: { cause?: unknown }) {
    super(errorVocabulary[code].title, options)
    this.name = 'MfaError'
    this.code = code
    this.details = details
  }
}

/** Seconds a client should wait after `unavailable`. */
export const UNAVAILABLE_RETRY_SECONDS = 2

/** A dependency did not answer in time or not usably: 503, never an `allow`. */
export const unavailable = (cause: unknown): MfaError =>
  new MfaError('unavailable', { retryAfterSeconds: UNAVAILABLE_RETRY_SECONDS }, { cause })

/** RFC 6749 §5.2: the token endpoint's own vocabulary. */
export const tokenErrors = [
  'invalid_request',
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
] as const

/** What the token endpoint answers instead of a problem document. */
export class TokenError extends Error {
  readonly error: (typeof tokenErrors)[number]
  readonly description: string

  constructor(error: TokenError['error'], description: string) {
    super(description)
    this.name = 'TokenError'
    this.error = error
    this.description = description
  }
}
