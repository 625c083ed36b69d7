/** Last hand on the document: shared schemas once each, and bodies required only where something in them is. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { createJsonSchemaTransformObject } from '@fastify/type-provider-zod'
import { zodToJsonConfig } from './json-schema.ts'

type TransformObject = NonNullable<FastifyDynamicSwaggerOptions['transformObject']>
type JsonObject = Record<string, unknown>
interface Document {
  components: { schemas: Record<string, JsonObject> }
  paths: Record<string, Record<string, { requestBody?: RequestBody }>>
}
interface RequestBody {
  required?: boolean
  content: Record<string, { schema: { required?: string[] } }>
}

const addComponents = createJsonSchemaTransformObject({ zodToJsonConfig })

export const tidyDocument: TransformObject = document => {
  const complete = addComponents(document) as unknown as Document
  const tidy = withoutUnused(withoutTwins(complete))
  for (const operation of Object.values(tidy.paths).flatMap(path => Object.values(path)))
    if (operation.requestBody) operation.requestBody.required = hasRequired(operation.requestBody)
  return tidy as unknown as ReturnType<TransformObject>
}

const hasRequired = ({ content }: RequestBody): boolean =>
  Object.values(content).some(({ schema }) => (schema.required ?? []).length > 0)

/** The provider writes each shared schema twice, as `X` and `XInput` (L-22); where they say the same, `X` is enough. */
function withoutTwins(document: Document): Document {
  const { schemas } = document.components
  const plain = (value: unknown) => JSON.stringify(value).replaceAll(/(#\/components\/schemas\/\w+?)Input"/g, '$1"')
  const twins = Object.keys(schemas).filter(
    name => schemas[`${name}Input`] !== undefined && plain(schemas[name]) === plain(schemas[`${name}Input`]),
  )
  const text = twins.reduce(
    (all, name) => all.replaceAll(`"#/components/schemas/${name}Input"`, `"#/components/schemas/${name}"`),
    JSON.stringify(document),
  )
  return JSON.parse(text) as Document
}

function withoutUnused(document: Document): Document {
  const { schemas } = document.components
  const used = Object.entries(schemas).filter(([name]) => references(document.paths, schemas).has(name))
  const sorted = used.toSorted(([a], [b]) => (a < b ? -1 : 1))
  return { ...document, components: { ...document.components, schemas: Object.fromEntries(sorted) } }
}

/** Names of the schemas that `root` needs, through others as well. */
function references(root: unknown, schemas: Record<string, JsonObject>, found = new Set<string>()): Set<string> {
  for (const [, name] of JSON.stringify(root).matchAll(/"#\/components\/schemas\/(\w+)"/g))
    if (name && !found.has(name)) {
      found.add(name)
      references(schemas[name] ?? {}, schemas, found)
    }
  return found
}
