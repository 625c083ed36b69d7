/** The public keys that assertions are verified with. */
import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { UseCases } from '../../usecases/index.ts'
import { operation } from '../operation.ts'
import { jwkSet } from '../schemas/jwks.ts'

export const wellKnownRoutes: FastifyPluginAsyncZod<{ useCases: UseCases }> = async (app, { useCases }) => {
  app.get(
    '/.well-known/jwks.json',
    operation(
      'jwks',
      {
        tag: 'Tokens',
        summary: 'Keys of assertions',
        description:
          'ES256 public keys, by `kid`. A key is here 24 h before it signs and until its last assertion is dead, so a cached copy does.',
      },
      { response: { 200: jwkSet.meta({ description: 'The keys.' }) } },
    ),
    async (_request, reply) => reply.header('cache-control', 'public, max-age=300').send(jwkSet.parse(useCases.jwks())),
  )
}
