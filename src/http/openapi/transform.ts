/** One route in the document: zod's schemas as JSON Schema, and every status it can answer with the codes of that status. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { createJsonSchemaTransform } from '@fastify/type-provider-zod'
import type { FastifySchema, RouteOptions } from 'fastify'
import { declaredErrors, isIdempotent, type OperationId } from '../schemas/declared-errors.ts'
import { problemResponses, tokenProblemResponses } from './error-responses.ts'
import { zodToJsonConfig } from './json-schema.ts'

type Transform = NonNullable<FastifyDynamicSwaggerOptions['transform']>
type JsonObject = Record<string, unknown>

const zodTransform = createJsonSchemaTransform({ zodToJsonConfig })

export const describeRoute: Transform = document => {
  const transformed = zodTransform(document as Parameters<typeof zodTransform>[0])
  const { operationId, emptyAnswer, answerHeaders } = (document.route as RouteOptions).config ?? {}
  if (!operationId) return { ...transformed, schema: { ...transformed.schema, hide: true } }
  const schema = transformed.schema as FastifySchema
  const headers = requestHeaders(operationId)
  const response = {
    ...withHeaders(schema.response as Record<string, JsonObject> | undefined, answerHeaders),
    ...(emptyAnswer ? { [emptyAnswer.status]: { type: 'null', description: emptyAnswer.description } } : {}),
    ...(operationId === 'issueToken' ? tokenProblemResponses : {}),
    ...problemResponses(declaredErrors(operationId, document.route.method !== 'GET')),
  }
  return { url: transformed.url, schema: { ...schema, ...(headers ? { headers } : {}), response } }
}

function withHeaders(response: Record<string, JsonObject> = {}, headers: Record<string, string> = {}): JsonObject {
  const described = Object.entries(headers).map(([name, description]) => [name, { type: 'string', description }])
  if (described.length === 0) return response
  return Object.fromEntries(
    Object.entries(response).map(([status, schema]) => [status, { ...schema, headers: Object.fromEntries(described) }]),
  )
}

/** Headers that plugins and not route schemas read. */
function requestHeaders(operationId: OperationId): JsonObject | null {
  if (isIdempotent(operationId))
    return headerParameter('Idempotency-Key', {
      type: 'string',
      pattern: '^[!-~]{1,128}$',
      description:
        'One per click. The same key and body within 24 h: the first answer again, nothing sent, nothing spent.',
      examples: ['3f0c1a52-8f0e-4f0a-9a53-0d5d4a1f7c11'],
    })
  if (operationId === 'changeSettings')
    return headerParameter('If-Match', {
      type: 'string',
      description: 'ETag of the settings that were read; if they have changed since: 412 `settings_changed`.',
      examples: ['"1"'],
    })
  return null
}

const headerParameter = (name: string, schema: JsonObject): JsonObject => ({
  type: 'object',
  properties: { [name]: schema },
})
