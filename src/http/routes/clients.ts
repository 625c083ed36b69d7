/** API clients of a portal, made by the operator. */
import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { UseCases } from '../../usecases/index.ts'
import { operation } from '../operation.ts'
import { callOf } from '../plugins/authentication.ts'
import { replaceKeysBody } from '../schemas/client-keys.ts'
import { clientParams, portalParams } from '../schemas/ids.ts'
import { client, clientPage, clientSecret, createClientBody, pageQuery, rotateSecretBody } from '../schemas/portals.ts'
import { wire } from '../wire.ts'

export const clientRoutes: FastifyPluginAsyncZod<{ useCases: UseCases }> = async (app, { useCases }) => {
  app.post(
    '/v1/portals/:portalId/clients',
    operation(
      'createClient',
      {
        tag: 'Operator',
        summary: 'Make an API client',
        description: 'The secret is in this answer and nowhere else. An event of the portal.',
      },
      {
        params: portalParams,
        body: createClientBody,
        response: { 201: clientSecret.meta({ description: 'The client and its secret.' }) },
      },
    ),
    async (request, reply) =>
      reply.code(201).send(await useCases.createClient(callOf(request), { ...request.params, ...request.body })),
  )

  app.get(
    '/v1/portals/:portalId/clients',
    operation(
      'listClients',
      {
        tag: 'Operator',
        summary: 'List API clients',
        description: 'Revoked ones included, in the order they were made.',
      },
      {
        params: portalParams,
        querystring: pageQuery,
        response: { 200: clientPage.meta({ description: 'One page of clients.' }) },
      },
    ),
    async request => wire(await useCases.listClients(callOf(request), { ...request.params, ...request.query })),
  )

  app.post(
    '/v1/portals/:portalId/clients/:clientId/rotate-secret',
    operation(
      'rotateClientSecret',
      {
        tag: 'Operator',
        summary: 'Give a client a new secret',
        description: 'The old one stays good for `retireAfterSeconds`. An event of the portal.',
      },
      {
        params: clientParams,
        body: rotateSecretBody,
        response: { 200: clientSecret.meta({ description: 'The client and its new secret.' }) },
      },
    ),
    async request => useCases.rotateClientSecret(callOf(request), { ...request.params, ...request.body }),
  )

  app.put(
    '/v1/portals/:portalId/clients/:clientId/jwks',
    operation(
      'replaceClientKeys',
      {
        tag: 'Operator',
        summary: "Replace a client's public keys",
        description:
          'With keys of its own a client signs access tokens itself, of at most 600 s. Counts on every instance within 60 s: register a new key a minute before it signs, and remove the old one when its last token is over. An event of the portal.',
      },
      {
        params: clientParams,
        body: replaceKeysBody,
        response: { 200: client.meta({ description: 'The client as it is now.' }) },
      },
    ),
    async request => wire(await useCases.replaceClientKeys(callOf(request), { ...request.params, ...request.body })),
  )

  app.delete(
    '/v1/portals/:portalId/clients/:clientId',
    operation(
      'revokeClient',
      {
        tag: 'Operator',
        summary: 'Revoke a client',
        description: 'Its secret is dead at once, its tokens within 60 s. An event of the portal.',
        noContent: 'Revoked.',
      },
      { params: clientParams },
    ),
    async (request, reply) => {
      await useCases.revokeClient(callOf(request), request.params)
      return reply.code(204).send()
    },
  )
}
