/** What an integrator reads: the API, and what each error code means. */
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyPluginAsync } from 'fastify'
import { errorsPage } from '../pages/errors-page.ts'
import { pageHeaders } from '../plugins/response-headers.ts'
import { ERRORS_PATH } from '../problem.ts'

/** Swagger UI sets styles on its elements and draws icons from data addresses; it runs no script but its own files. */
const UI_POLICY =
  "script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'"

export const docsRoutes: FastifyPluginAsync = async app => {
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())

  app.get(ERRORS_PATH, { schema: { hide: true } }, async (_request, reply) =>
    pageHeaders(reply, errorsPage.policy).header('content-type', 'text/html; charset=utf-8').send(errorsPage.html),
  )

  await app.register(async ui => {
    ui.addHook('onRequest', async (_request, reply) => {
      pageHeaders(reply, UI_POLICY)
    })
    await ui.register(swaggerUi, {
      routePrefix: '/docs',
      uiConfig: { layout: 'BaseLayout', docExpansion: 'list' },
      theme: { title: 'portal-mfa API' },
    })
  })
}
