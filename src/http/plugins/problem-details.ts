/** Every failure leaves as a problem document (RFC 9457), and nothing of its cause with it. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { MfaError, unavailable } from '../../domain/errors.ts'
import { type ProblemDocument, problemDocument } from '../problem.ts'
import { spentRateLimit } from '../rate-limit-headers.ts'

/** Sends a problem document, whatever its age: one kept under an Idempotency-Key as well. */
export function sendProblem(reply: FastifyReply, problem: ProblemDocument): FastifyReply {
  if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', String(problem.retryAfterSeconds))
  if (problem.limit === 'portal_day') reply.headers(spentRateLimit(problem.retryAfterSeconds ?? 0))
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
  return (
    reply
      .code(problem.status)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('x-request-id', reply.request.id)
      // A string passes by the route's response schemas: an error that one forgot to declare still gets out.
      .serializer(String)
      .send(JSON.stringify(problem))
  )
}

/** The error handler of the service and of what Fastify refuses before routing. */
export const makeErrorHandler = (issuer: string) => (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
  const failure = asMfaError(error)
  if (failure.code === 'unavailable') request.log.error({ err: failure.cause ?? failure }, 'unavailable')
  return sendProblem(reply, problemDocument(failure, request.id, issuer))
}

export function problemDetails(app: FastifyInstance, issuer: string): void {
  app.setErrorHandler(makeErrorHandler(issuer))
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, problemDocument(new MfaError('not_found'), request.id, issuer)),
  )
}

/** Fastify's own refusals by their status; whatever else was thrown is `unavailable`, its text for nobody. */
export function asMfaError(error: unknown): MfaError {
  if (error instanceof MfaError) return error
  const status = statusCodeOf(error)
  if (status === 413) return new MfaError('body_too_large')
  if (status === 415) return new MfaError('unsupported_media_type')
  if (status === 404) return new MfaError('not_found')
  if (status !== null && status >= 400 && status < 500) return new MfaError('invalid_request', {}, { cause: error })
  return unavailable(error)
}

const statusCodeOf = (error: unknown): number | null =>
  typeof error === 'object' && error !== null && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : null
