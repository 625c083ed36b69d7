/** What Node itself would answer, before there is a request: the same problem documents as everything else. */
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { MfaError } from '../../domain/errors.ts'
import { problemDocument } from '../problem.ts'

type Handler = NonNullable<FastifyServerOptions['clientErrorHandler']>

/** Bytes that are no HTTP, headers that are too many, a request that never ends: 400, and the connection is over. */
export function refuseUnreadable(issuer: string, newRequestId: () => string): Handler {
  return function (this: FastifyInstance, error, socket) {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    const requestId = newRequestId()
    this.log.info({ requestId, reason: error.code }, 'unreadable')
    const problem = problemDocument(new MfaError('invalid_request'), requestId, issuer)
    endWith(socket, requestId, JSON.stringify(problem))
  }
}

function endWith(socket: Parameters<Handler>[1], requestId: string, body: string): void {
  const lines = [
    'HTTP/1.1 400 Bad Request',
    'content-type: application/problem+json; charset=utf-8',
    'cache-control: no-store',
    'x-content-type-options: nosniff',
    `x-request-id: ${requestId}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
  // Not only our half: whoever is slow on purpose would keep the other.
  socket.destroySoon()
}

/** Node answers both of these with a bare status; RFC 9110 §10.1.1 lets an unknown expectation pass, RFC 9112 §3.2 no lack of a host. */
export function readAnyway(app: FastifyInstance): void {
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.addHook('onRequest', async ({ headers, raw }) => {
    if (headers.host === undefined && raw.httpVersion === '1.1')
      throw new MfaError('invalid_request', { detail: 'The Host header is missing.' })
  })
}
