/** What a caller does when it meets a code: the text of the errors page, of errors.md and of the OpenAPI document. */
import type { ErrorCode } from '../../domain/errors.ts'

export const errorAdvice: Record<ErrorCode, string> = {
  invalid_request:
    'Mend the request: `errors` names the members (twenty at most) by JSON pointer and the rule each breaks, never the value.',
  unauthenticated: 'Get a new access token at `/oauth/token` (or sign one) and repeat the call once.',
  forbidden: 'The role in the token may not make this call. Ask for a token of another role.',
  step_up_required:
    'The contact has a factor. In a login: ask `logins` again. For a change: prove the factor by a challenge of purpose `change_factor` and send its assertion along.',
  self_reset: 'Somebody else has to do it.',
  portal_suspended: 'The operator has suspended the portal. Keep the page and tell the operator.',
  not_found:
    "It is unknown, another contact's, of another login, or long over. On a challenge or enrollment: start a new one.",
  mfa_disabled: 'Ask `logins` again.',
  method_not_allowed: "The portal's settings no longer have this method. Ask `logins` again.",
  skip_not_allowed: 'Opt-out is off or used up, or the contact is enrolled. Ask `logins` again.',
  already_enrolled: 'There is nothing to enable. Show the page again.',
  not_enrolled: 'The contact has no factor that counts. Ask `logins` again.',
  last_factor: 'Add another factor first, or let an admin reset the contact.',
  already_used: 'This code has done its work once. It is no proof: ask `logins` again.',
  portal_exists: 'Choose another id, or read the portal that has it.',
  request_in_progress: 'Wait a moment, then repeat the call with the same key.',
  expired: 'Start a new one, or resend while it is pending.',
  attempts_exhausted: 'Start a new challenge or enrollment.',
  superseded: 'Another one of the same login has taken its place: go on with that, or start a new one.',
  cancelled: 'A reset, a lock or a change of settings ended it. Ask `logins` again.',
  settings_changed: 'Read the settings again, apply the change to them and repeat it with the new `ETag`.',
  body_too_large: 'At most 16 KiB.',
  unsupported_media_type: 'Send `application/json` (the token endpoint: `application/x-www-form-urlencoded`).',
  code_incorrect: 'Show it at the field, with `attemptsLeft`. At 0 start a new one.',
  destination_invalid: 'Show it at the field: one plain mobile number or email address.',
  country_not_allowed: 'Show it at the field: the portal sends no SMS to this country.',
  destination_unreachable: 'The number or address has opted out or bounces. Ask for another.',
  idempotency_key_reused: 'Use a fresh key for each click.',
  factor_locked: 'Show the wait: `retryAfterSeconds`.',
  reset_required: 'Tell the contact to turn to an admin: only a reset helps.',
  resend_too_soon: 'Show the wait: `resendAt`.',
  sends_exhausted: 'Show the wait, then start a new one.',
  too_many_messages: 'Show the wait: `retryAfterSeconds`. `limit` says which limit it was.',
  delivery_failed: 'Nothing was sent. Offer another method, or try again later.',
  unavailable: 'Keep the page and try again after `Retry-After`. It never means that a code was wrong.',
}
