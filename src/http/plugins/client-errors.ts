/** What is no HTTP, or does not arrive in time, gets a problem document too; there is no request yet that could have an id. */
import type { FastifyServerOptions } from 'fastify'
import { errorVocabulary } from '../../domain/errors.ts'

type ClientErrorHandler = NonNullable<FastifyServerOptions['clientErrorHandler']>

const refusals: Record<string, [status: number, reason: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
}

/** Answers as far as the socket still takes it, and closes: nobody knows where the next request would begin. */
export const answerClientError: ClientErrorHandler = (error, socket) => {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const [status, reason] = refusals[error.code] ?? [400, 'Bad Request']
  const { title } = errorVocabulary.invalid_request
  const body = JSON.stringify({ type: 'about:blank', title, status, code: 'invalid_request' })
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
  ]
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroy(error)
}
