/** What is no HTTP, or too slow or too much of it, gets a problem document too, and then the connection ends (SMUG-1). */
import type { FastifyServerOptions } from 'fastify'
import { MfaError } from '../domain/errors.ts'
import { problemDocument } from './problem.ts'

/**
 * For Fastify's `clientErrorHandler`: the parser has given up, so there is neither request nor reply, and nothing that
 * follows on this connection can be trusted to begin where it seems to.
 */
export const makeUnreadableRequestHandler =
  (issuer: string, newRequestId: () => string): NonNullable<FastifyServerOptions['clientErrorHandler']> =>
  (error, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return
    if (!socket.writable) return void socket.destroy()
    const requestId = newRequestId()
    const body = JSON.stringify(problemDocument(new MfaError('invalid_request'), requestId, issuer))
    const headers = [
      'HTTP/1.1 400 Bad Request',
      'content-type: application/problem+json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      'cache-control: no-store',
      `x-request-id: ${requestId}`,
      'connection: close',
    ]
    socket.write(`${headers.join('\r\n')}\r\n\r\n${body}`)
    socket.destroySoon()
  }
