/** The operator's view: portals, their limits, suspension. */
import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { UseCases } from '../../usecases/index.ts'
import { operation } from '../operation.ts'
import { callOf } from '../plugins/authentication.ts'
import { portalParams } from '../schemas/ids.ts'
import { changePortalBody, createPortalBody, pageQuery, portal, portalPage } from '../schemas/portals.ts'
import { wire } from '../wire.ts'

export const portalRoutes: FastifyPluginAsyncZod<{ useCases: UseCases }> = async (app, { useCases }) => {
  app.post(
    '/v1/portals',
    operation(
      'createPortal',
      {
        tag: 'Operator',
        summary: 'Create a portal',
        description: 'MFA is off for a new portal; a Master Admin of the portal turns it on.',
      },
      { body: createPortalBody, response: { 201: portal.meta({ description: 'The new portal.' }) } },
    ),
    async (request, reply) => reply.code(201).send(wire(await useCases.createPortal(callOf(request), request.body))),
  )

  app.get(
    '/v1/portals',
    operation(
      'listPortals',
      { tag: 'Operator', summary: 'List portals', description: 'In the order of their ids.' },
      { querystring: pageQuery, response: { 200: portalPage.meta({ description: 'One page of portals.' }) } },
    ),
    async request => wire(await useCases.listPortals(callOf(request), request.query)),
  )

  app.get(
    '/v1/portals/:portalId',
    operation(
      'readPortal',
      { tag: 'Operator', summary: 'Read a portal', description: 'Its limits and whether it is suspended.' },
      { params: portalParams, response: { 200: portal.meta({ description: 'The portal.' }) } },
    ),
    async request => wire(await useCases.readPortal(callOf(request), request.params)),
  )

  app.patch(
    '/v1/portals/:portalId',
    operation(
      'changePortal',
      {
        tag: 'Operator',
        summary: 'Change limits, suspend or resume a portal',
        description:
          'Members of `limits` that are left out keep their value. A country taken away leaves the settings too, and factors there no longer count.',
      },
      {
        params: portalParams,
        body: changePortalBody,
        response: { 200: portal.meta({ description: 'The portal as it is now.' }) },
      },
    ),
    async request => wire(await useCases.changePortal(callOf(request), { ...request.params, ...request.body })),
  )
}
