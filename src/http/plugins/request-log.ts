/** One line a request: no address, no query, no body, no destination (L-07). */
import type { FastifyInstance } from 'fastify'

export function requestLog(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { caller } = request
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        portal: caller && caller.role !== 'operator' ? caller.portalId : null,
        clientId: caller?.clientId ?? null,
      },
      'request',
    )
    done()
  })
}
