/** Holds every answer that a test sees against the OpenAPI document: an undeclared status or code fails the test. */

interface Schema {
  properties?: Record<string, { enum?: unknown[] }>
  allOf?: Schema[]
}

interface Operation {
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
}

export interface OpenapiDocument {
  paths: Record<string, Record<string, Operation>>
}

export interface SeenAnswer {
  /** In any case. */
  method: string
  /** A path or its pattern (`/v1/contacts/{contactId}`), with or without a query. */
  path: string
  status: number
  /** `code` of a problem document, `error` of the token endpoint; null: neither. */
  code: string | null
}

/**
 * Returns a check that throws for what the document does not declare. Paths outside the contract (health, pages) may answer
 * anything; paths of the contract's folders that are no operation may only be 404 `not_found`.
 */
export function declaredAnswers(document: OpenapiDocument): (answer: SeenAnswer) => void {
  const paths = Object.keys(document.paths).map(template => ({ template, matches: matcher(template) }))

  return ({ method, path, status, code }) => {
    const [pathname = ''] = path.split('?')
    if (!/^\/(v1|oauth|\.well-known)\//.test(pathname)) return
    const said = `${method.toUpperCase()} ${pathname} answered ${status}${code ? ` ${code}` : ''}`
    const found = paths.find(({ template, matches }) => template === pathname || matches.test(pathname))
    const operation = found && document.paths[found.template]?.[method.toLowerCase()]
    if (!operation) {
      if (status === 404 && code === 'not_found') return
      throw new Error(`${said}: no such operation in the OpenAPI document`)
    }
    const response = operation.responses[String(status)]
    if (!response) throw new Error(`${said}: status not declared`)
    const codes = Object.values(response.content ?? {}).flatMap(({ schema }) => declaredCodes(schema))
    if (status >= 400 ? !codes.includes(code) : code !== null) throw new Error(`${said}: code not declared`)
  }
}

const matcher = (template: string): RegExp =>
  new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`)

/** The enums of `code` (problem documents) and `error` (token endpoint). */
const declaredCodes = (schema: Schema): unknown[] => [
  ...(schema.properties?.code?.enum ?? []),
  ...(schema.properties?.error?.enum ?? []),
  ...(schema.allOf ?? []).flatMap(declaredCodes),
]
