/** How the server ends: running requests are answered, new ones are not, and no idle connection holds it up. */
import type { FastifyInstance } from 'fastify'
import { unavailable } from '../../domain/errors.ts'

/** Connections that fall idle after closing has begun would be kept for their whole keep-alive (L-04). */
const CLOSE_IDLE_MS = 100

export function closing(app: FastifyInstance): void {
  let begun = false
  app.addHook('preClose', async () => {
    begun = true
    if (!app.server.listening) return
    const timer = setInterval(() => app.server.closeIdleConnections(), CLOSE_IDLE_MS)
    app.server.once('close', () => clearInterval(timer))
  })
  app.addHook('onRequest', async () => {
    // Requests that still arrive on connections kept alive: another instance takes them.
    if (begun) throw unavailable('closing')
  })
}
