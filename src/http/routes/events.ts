/** The audit trail. */
import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { UseCases } from '../../usecases/index.ts'
import { operation } from '../operation.ts'
import { callOf } from '../plugins/authentication.ts'
import { eventPage, eventQuery } from '../schemas/events.ts'
import { wire } from '../wire.ts'

export const eventRoutes: FastifyPluginAsyncZod<{ useCases: UseCases }> = async (app, { useCases }) => {
  app.get(
    '/v1/events',
    operation(
      'listEvents',
      {
        tag: 'Audit',
        summary: 'List events',
        description:
          'What happened in the portal, the newest first. Holds ids and counts, never a code or a destination in clear.',
      },
      { querystring: eventQuery, response: { 200: eventPage.meta({ description: 'One page of events.' }) } },
    ),
    async request => {
      const { from, ...filter } = request.query
      const since = from === undefined ? {} : { from: new Date(from) }
      return wire(await useCases.listEvents(callOf(request), { ...filter, ...since }))
    },
  )
}
