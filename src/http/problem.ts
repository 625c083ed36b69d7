/** Which error is which status, and the document it becomes. The only place that knows. */
import {
  type ErrorCode,
  type ErrorKind,
  errorVocabulary,
  type MfaError,
  type PublicDetails,
  UNAVAILABLE_RETRY_SECONDS,
} from '../domain/errors.ts'

const statusOfKind = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  over: 410,
  precondition: 412,
  too_large: 413,
  media_type: 415,
  unprocessable: 422,
  locked: 423,
  limited: 429,
  provider: 502,
  unavailable: 503,
} as const satisfies Record<ErrorKind, number>

export type ErrorStatus = (typeof statusOfKind)[ErrorKind]

export const statusOf = (code: ErrorCode): ErrorStatus => statusOfKind[errorVocabulary[code].kind]

/** Path of the page that explains the codes. */
export const ERRORS_PATH = '/docs/errors'

export interface ProblemDocument extends PublicDetails {
  type: string
  title: string
  status: ErrorStatus
  code: ErrorCode
  requestId: string
}

/** Makes the problem document of an error in one request. `issuer` is the service's public address. */
export const problemDocument = (error: MfaError, requestId: string, issuer: string): ProblemDocument => ({
  type: `${issuer}${ERRORS_PATH}#${error.code}`,
  title: errorVocabulary[error.code].title,
  status: statusOf(error.code),
  code: error.code,
  requestId,
  ...(error.code === 'unavailable' ? { retryAfterSeconds: UNAVAILABLE_RETRY_SECONDS } : {}),
  ...error.details,
})
