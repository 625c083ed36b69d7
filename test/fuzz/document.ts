/** The OpenAPI document as the fuzzer reads it: one entry per operation, and references that can be followed. */
import type { OpenapiDocument } from '../support/declared-answers.ts'

export interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  propertyNames?: Schema
  items?: Schema
  allOf?: Schema[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  pattern?: string
  format?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
}

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  schema: Schema
}

interface Body {
  required: boolean
  content: Record<string, { schema: Schema }>
}

export interface Operation {
  id: string
  /** In upper case. */
  method: string
  template: string
  parameters: Parameter[]
  body: Body | null
  /** Null: without an access token. */
  roles: string[] | null
  /** Status to its schema by media type. */
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
}

interface RawOperation {
  operationId: string
  parameters?: Parameter[]
  requestBody?: Body
  'x-roles'?: string[]
  responses: Operation['responses']
}

interface RawDocument {
  paths: Record<string, Record<string, RawOperation>>
  components: { schemas: Record<string, Schema> }
}

export type Resolve = (schema: Schema) => Schema

export interface ApiDocument {
  raw: OpenapiDocument
  operations: Operation[]
  /** The schema itself, or what it refers to. */
  resolve: Resolve
  /** The operation that a path in its decoded form belongs to. */
  operationAt(method: string, path: string): Operation | undefined
}

export const bodySchema = ({ body }: Operation): Schema | null =>
  (body && Object.values(body.content)[0]?.schema) ?? null

export function readDocument(given: object): ApiDocument {
  const { paths, components } = given as RawDocument
  const operations = Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, raw]) => ({
      id: raw.operationId,
      method: method.toUpperCase(),
      template,
      parameters: raw.parameters ?? [],
      body: raw.requestBody ?? null,
      roles: raw['x-roles'] ?? null,
      responses: raw.responses,
    })),
  )
  return {
    raw: given as OpenapiDocument,
    operations,
    resolve: schema => {
      if (schema.$ref === undefined) return schema
      const found = components.schemas[schema.$ref.replace('#/components/schemas/', '')]
      if (!found) throw new Error(`${schema.$ref} is not in the document`)
      return found
    },
    operationAt: (method, path) =>
      operations.find(operation => operation.method === method && matches(operation.template, path)),
  }
}

function matches(template: string, path: string): boolean {
  const [wanted, given] = [template.split('/'), path.split('/')]
  return (
    wanted.length === given.length &&
    wanted.every((part, at) => (part.startsWith('{') ? given[at] !== '' : part === given[at]))
  )
}
