/** What must hold of every answer, whatever was asked. */
import { METHODS } from 'node:http'
import { declaredAnswers } from '../support/declared-answers.ts'
import { ALWAYS_ALLOWED, allowedChanges } from './allowed-changes.ts'
import type { ApiDocument, Operation } from './document.ts'
import { MARKER } from './mutation.ts'
import type { Request } from './request.ts'
import { faultsOf } from './schema-faults.ts'
import type { Change } from './tables.ts'
import type { WireAnswer } from './wire.ts'

export interface Exchange {
  request: Request
  answer: WireAnswer
  /** Whether a 2xx would be a fault. */
  mustBeRefused: boolean
  /** What was sent and must not come back. */
  secrets: string[]
  changes: Change[]
  /** The only portal whose rows the call may change; undefined: any. */
  portal: string | undefined
}

const PROBLEM = 'application/problem+json; charset=utf-8'

// biome-ignore lint/suspicious/noExplicitAny: a body is whatever the service said
type Body = any

/** Returns every rule that an exchange breaks. */
export function makeOracle(document: ApiDocument): (exchange: Exchange) => string[] {
  const declared = declaredAnswers(document.raw)
  return exchange => {
    const { answer, request } = exchange
    const body = bodyOf(answer)
    const path = routedPath(request.target)
    const operation = path === null ? undefined : document.operationAt(request.method, path)
    return [
      ...(answer.status >= 500 ? [`answered ${answer.status}`] : []),
      ...(exchange.mustBeRefused && answer.status < 400 ? ['was accepted'] : []),
      ...undeclared(declared, exchange, body, path),
      ...(request.method === 'HEAD'
        ? []
        : faultsOfBody(document, unread(request, path) ? undefined : operation, answer, body)),
      ...(answer.status >= 400 ? repeated(exchange) : []),
      ...wrongChanges(exchange, body),
    ]
  }
}

function bodyOf({ headers, text }: WireAnswer): Body {
  if (!/json/.test(headers.get('content-type') ?? '')) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The path as the router reads it; null: it cannot be read. */
function routedPath(target: string): string | null {
  const [path = ''] = target.replace(/^https?:\/\/[^/?#]*/, '').split(/[?#]/)
  try {
    // Also what decodes to no id at all: a router has to be able to read every parameter.
    decodeURIComponent(path)
    // An empty segment is a parameter too, which is then no id.
    return decodeURI(path).replaceAll(/\/(?=\/|$)/g, '/-')
  } catch {
    return null
  }
}

/** Whether it may have been refused before anybody looked for a route: no HTTP, or no path. */
const unread = ({ bend, method, target }: Request, path: string | null): boolean =>
  bend !== undefined ||
  !METHODS.includes(method) ||
  path === null ||
  !/^[!-~]+$/.test(target) ||
  !/^(\/|http:)/.test(target)

function undeclared(
  declared: ReturnType<typeof declaredAnswers>,
  { request, answer }: Exchange,
  body: Body,
  path: string | null,
): string[] {
  const code = answer.status < 400 ? null : (body?.code ?? body?.error ?? null)
  if (unread(request, path) && answer.status === 400 && code === 'invalid_request') return []
  if (request.method === 'HEAD') return answer.status === 404 ? [] : [`answered HEAD with ${answer.status}`]
  if (path !== null && !/^\/(v1|oauth|\.well-known)\//.test(path) && answer.status !== 404)
    return answer.status < 400 ? [] : [`answered ${answer.status} outside of the contract`]
  try {
    declared({ method: request.method, path: path ?? '/v1/?', status: answer.status, code })
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}

function faultsOfBody(
  document: ApiDocument,
  operation: Operation | undefined,
  answer: WireAnswer,
  body: Body,
): string[] {
  const { status, headers } = answer
  const requestId = headers.get('x-request-id')
  const faults = requestId === undefined ? ['x-request-id is missing'] : []
  if (status >= 400 && body?.error === undefined) {
    if (headers.get('content-type') !== PROBLEM)
      return [...faults, `is no problem document: ${answer.text.slice(0, 200)}`]
    if (body.requestId !== requestId) faults.push('requestId is not x-request-id')
    if (body.status !== status) faults.push('status is not the status')
    faults.push(...faultsOf(document.resolve, { $ref: '#/components/schemas/Problem' }, body))
  }
  const content = operation?.responses[status]?.content
  if (!content) return answer.text !== '' && status === 204 ? [...faults, 'a 204 has a body'] : faults
  const mediaType = (headers.get('content-type') ?? '').split(';')[0] ?? ''
  const schema = content[mediaType]?.schema
  return [...faults, ...(schema ? faultsOf(document.resolve, schema, body) : [`${mediaType} is not declared`])]
}

function repeated({ answer, secrets }: Exchange): string[] {
  const all = [answer.text, ...answer.headers.values()].join('\n')
  return [MARKER, ...secrets].filter(secret => all.includes(secret)).map(secret => `repeats ${secret}`)
}

function wrongChanges({ request, answer, changes, portal }: Exchange, body: Body): string[] {
  const allowed = [...ALWAYS_ALLOWED, ...(allowedChanges[body?.code] ?? [])]
  const refusal = answer.status >= 400 ? changes.filter(({ what }) => !allowed.includes(what)) : []
  const reading = request.method === 'GET' ? changes : []
  const foreign = changes.filter(change => portal !== undefined && change.portal !== null && change.portal !== portal)
  return [
    ...refusal.map(({ what }) => `a refusal changed ${what}`),
    ...reading.map(({ what }) => `a GET changed ${what}`),
    ...foreign.map(({ what }) => `changed another portal: ${what}`),
  ]
}
