/** The OpenAPI document, made from the routes as they are registered. Must be registered before any route (L-09). */
import fastifySwagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { openapiObject } from '../openapi/document.ts'
import { tidyDocument } from '../openapi/tidy.ts'
import { describeRoute } from '../openapi/transform.ts'

export async function openapi(app: FastifyInstance): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: openapiObject,
    transform: describeRoute,
    transformObject: tidyDocument,
    convertConstToEnum: false,
  })
}
