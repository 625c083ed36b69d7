/** For orchestrators and monitoring; outside the contract of portals. */
import type { FastifyPluginAsync } from 'fastify'
import type { UseCases } from '../../usecases/index.ts'

export interface HealthOptions {
  useCases: UseCases
  metrics: () => Promise<{ contentType: string; body: string }>
  /** True while the service is being taken out of the load balancer. */
  isUnready: () => boolean
}

export const healthRoutes: FastifyPluginAsync<HealthOptions> = async (app, { useCases, metrics, isUnready }) => {
  const hidden = { schema: { hide: true } }

  app.get('/health/live', hidden, async () => ({ status: 'ok' }))

  app.get('/health/ready', hidden, async (_request, reply) => {
    const { ready, checks } = await useCases.readiness()
    const takesRequests = ready && !isUnready()
    return reply.code(takesRequests ? 200 : 503).send({ ready: takesRequests, checks })
  })

  app.get('/metrics', hidden, async (_request, reply) => {
    const { contentType, body } = await metrics()
    return reply.header('content-type', contentType).send(body)
  })
}
