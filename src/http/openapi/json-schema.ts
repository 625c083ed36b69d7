/** How zod's schemas become JSON Schema: the few places where the document says it better than zod. */
import type { createJsonSchemaTransform } from '@fastify/type-provider-zod'

type ZodToJsonConfig = NonNullable<NonNullable<Parameters<typeof createJsonSchemaTransform>[0]>['zodToJsonConfig']>

export const zodToJsonConfig: ZodToJsonConfig = {
  override: ({ zodSchema, jsonSchema }) => {
    const { def } = zodSchema._zod
    // Answers may grow members. Requests are strict objects (L-21), which have a catchall and keep the word.
    if (def.type === 'object' && !('catchall' in def && def.catchall)) delete jsonSchema.additionalProperties
    // A member that is refused by name, for a clearer error, is to the reader one of all that are not known.
    for (const [name, member] of Object.entries(jsonSchema.properties ?? {}))
      if (typeof member === 'object' && 'not' in member) delete jsonSchema.properties?.[name]
    // The format says it; the pattern fills half a page.
    if (jsonSchema.format === 'date-time' || jsonSchema.format === 'email') delete jsonSchema.pattern
  },
}
