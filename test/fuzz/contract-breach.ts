/** Whether a request is one that the document forbids, and so none that may succeed. */
import type { ApiDocument, Operation } from './document.ts'
import { bodyText, type Draft } from './request.ts'
import { faultsOf } from './schema-faults.ts'

/** Whether the document forbids a body or a query that a mutation has made. */
export function breaksContract({ resolve }: ApiDocument, operation: Operation, draft: Draft, valid: Draft): boolean {
  if (draft.method !== valid.method || draft.target !== undefined) return false
  const schema = operation.body && draft.mediaType && operation.body.content[draft.mediaType]?.schema
  const body = schema && draft.text === undefined ? sentBody(draft) : undefined
  return (
    (body !== undefined && faultsOf(resolve, schema as object, body).length > 0) ||
    draft.query.some(([name, value]) => breaksQuery(resolve, operation, name, value))
  )
}

/** As it arrives: JSON knows no undefined, and a form nothing but text. */
const sentBody = (draft: Draft): unknown =>
  draft.mediaType?.includes('form')
    ? Object.fromEntries(new URLSearchParams(bodyText(draft)))
    : JSON.parse(bodyText(draft))

function breaksQuery(resolve: ApiDocument['resolve'], operation: Operation, name: string, value: string): boolean {
  const parameter = operation.parameters.find(one => one.in === 'query' && one.name === name)
  if (!parameter) return operation.id !== 'issueToken' && !value.includes('%')
  if (value.includes('%')) return false
  const integer = resolve(parameter.schema).type === 'integer'
  const typed = integer && /^\d{1,15}$/.test(value) ? Number(value) : value
  return faultsOf(resolve, parameter.schema, typed).length > 0
}
