/** The error answers of an operation: one per status, its `code` an enum of just those it can be. */
import { type ErrorCode, errorVocabulary, type TokenError, tokenErrors } from '../../domain/errors.ts'
import { ERRORS_PATH, type ErrorStatus, statusOf } from '../problem.ts'
import { errorAdvice } from '../schemas/error-advice.ts'

type JsonObject = Record<string, unknown>

/** The contract is the same everywhere; the address in an example is nobody's. */
const EXAMPLE_ISSUER = 'https://mfa.example.com'

export function problemResponses(codes: readonly ErrorCode[]): Record<string, JsonObject> {
  const byStatus = Map.groupBy(codes, statusOf)
  return Object.fromEntries([...byStatus].map(([status, ofStatus]) => [status, problemResponse(status, ofStatus)]))
}

const problemResponse = (status: ErrorStatus, codes: ErrorCode[]): JsonObject => ({
  description: codes.map(code => `- \`${code}\`: ${errorVocabulary[code].title}. ${errorAdvice[code]}`).join('\n'),
  ...(headersOf(status) ? { headers: headersOf(status) } : {}),
  content: {
    'application/problem+json': {
      schema: {
        allOf: [
          { $ref: '#/components/schemas/Problem' },
          {
            type: 'object',
            properties: { status: { type: 'integer', enum: [status] }, code: { type: 'string', enum: codes } },
          },
        ],
      },
      examples: Object.fromEntries(codes.map(code => [code, { $ref: `#/components/examples/${code}` }])),
    },
  },
})

function headersOf(status: ErrorStatus): JsonObject | null {
  if (status === 401) return { 'WWW-Authenticate': { type: 'string', description: '`Bearer`' } }
  if (status === 423 || status === 429 || status === 503)
    return { 'Retry-After': { type: 'integer', description: 'Seconds to wait.' } }
  return null
}

const exampleDetails: Partial<Record<ErrorCode, JsonObject>> = {
  invalid_request: { errors: [{ pointer: '/code', message: '6 to 10 digits' }] },
  code_incorrect: { attemptsLeft: 4, sendsLeft: 4, resendAt: '2026-03-01T09:30:30.000Z' },
  factor_locked: { retryAfterSeconds: 1800 },
  resend_too_soon: { retryAfterSeconds: 18, attemptsLeft: 5, sendsLeft: 4, resendAt: '2026-03-01T09:30:30.000Z' },
  sends_exhausted: { retryAfterSeconds: 95, attemptsLeft: 3, sendsLeft: 0, resendAt: null },
  too_many_messages: { retryAfterSeconds: 420, limit: 'contact' },
  unavailable: { retryAfterSeconds: 2 },
}

const example = (code: ErrorCode): JsonObject => ({
  type: `${EXAMPLE_ISSUER}${ERRORS_PATH}#${code}`,
  title: errorVocabulary[code].title,
  status: statusOf(code),
  code,
  requestId: 'req_x0Pw8cJfWq2LhR5sYtN1vU',
  ...exampleDetails[code],
})

/** One example for each code, shared by all operations. */
export const problemExamples = Object.fromEntries(
  (Object.keys(errorVocabulary) as ErrorCode[]).map(code => [
    code,
    { summary: errorVocabulary[code].title, value: example(code) },
  ]),
)

const tokenProblem = (description: string, errors: TokenError['error'][], headers?: JsonObject): JsonObject => ({
  description,
  ...(headers ? { headers } : {}),
  content: {
    'application/json': {
      schema: {
        allOf: [
          { $ref: '#/components/schemas/TokenProblem' },
          { type: 'object', properties: { error: { type: 'string', enum: errors } } },
        ],
      },
      examples: Object.fromEntries(
        errors.map(error => [error, { value: { error, error_description: 'What is wrong.' } }]),
      ),
    },
  },
})

/** RFC 6749 §5.2. */
export const tokenProblemResponses: Record<string, JsonObject> = {
  400: tokenProblem(
    'The request is not valid, or asks for a role that the client lacks.',
    tokenErrors.filter(error => error !== 'invalid_client'),
  ),
  401: tokenProblem('Unknown client or wrong secret.', ['invalid_client'], {
    'WWW-Authenticate': { type: 'string', description: 'Where HTTP Basic was used.' },
  }),
}
