/** Headers of every answer, and those of pages. */
import type { FastifyInstance, FastifyReply } from 'fastify'

/** A year (RFC 6797): browsers must not open the pages without TLS any more. */
const HSTS = 'max-age=31536000'

/** `issuer`: the public address; only over TLS may it promise TLS. */
export function responseHeaders(app: FastifyInstance, issuer: string): void {
  const secure = issuer.startsWith('https:')
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    reply.header('cache-control', 'no-store')
    reply.header('x-content-type-options', 'nosniff')
    if (secure) reply.header('strict-transport-security', HSTS)
  })
}

/** Headers of a page for a browser: it loads nothing but what `policy` names, and nobody frames it. */
export const pageHeaders = (reply: FastifyReply, policy: string): FastifyReply =>
  reply
    .header(
      'content-security-policy',
      `default-src 'none'; ${policy}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
    .header('x-frame-options', 'DENY')
    .header('referrer-policy', 'no-referrer')
    .header('cross-origin-opener-policy', 'same-origin')
    .header('cross-origin-resource-policy', 'same-origin')
    .header('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), publickey-credentials-get=()')
