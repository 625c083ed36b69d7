/** What may come in: JSON without tricks, checked by zod, every rule it breaks named and no value repeated (LOG-2). */
import type { FastifyBodyParser, FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { MfaError, type PublicDetails } from '../../domain/errors.ts'
import { ownIds } from '../schemas/ids.ts'
import { jsonFault } from '../strict-json.ts'

type Problems = NonNullable<PublicDetails['errors']>

/** Nobody mends more at once, and an answer must not be many times the size of its request. */
const PROBLEMS_MAX = 20

/** JSON bodies; any other content type is 415. Validation is zod's, without coercion unless a schema asks for it. */
export function strictInput(app: FastifyInstance): void {
  app.removeContentTypeParser(['text/plain', 'application/json'])
  acceptJson(app, 'application/json')
  // Before the body is read: what is wrong with it is nobody's business where nothing is.
  app.addHook('onRequest', async request => {
    if (request.is404) throw new MfaError('not_found')
  })
  app.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => data => {
    // No body and `{}` are the same; a body `null` never gets here.
    const result = schema.safeParse(httpPart === 'body' && data === null ? {} : data)
    if (result.success) return { value: result.data }
    const problems = result.error.issues.flatMap(describe).slice(0, PROBLEMS_MAX)
    const unknown = httpPart === 'params' && problems.every(({ pointer: at }) => ownIds.includes(at.slice(1)))
    return { error: unknown ? new MfaError('not_found') : invalid(problems) }
  })
}

/** Lets a scope read JSON under one more media type. */
export const acceptJson = (app: FastifyInstance, mediaType: string): void => {
  app.addContentTypeParser(mediaType, { parseAs: 'string' }, strictParser(app))
}

function strictParser(app: FastifyInstance): FastifyBodyParser<string> {
  const parse = app.getDefaultJsonParser('error', 'error')
  return (request, text, done) => {
    if (text.length === 0) return done(null, undefined)
    return parse(request, text, (error, body) => {
      if (error) return done(new MfaError('invalid_request', { detail: 'The body is not acceptable JSON.' }))
      if (body === null) return done(invalid([{ pointer: '', message: 'must be an object' }]))
      const fault = jsonFault(text)
      return fault ? done(invalid([{ pointer: '', message: fault }])) : done(null, body)
    })
  }
}

const invalid = (errors: Problems): MfaError => new MfaError('invalid_request', { errors })

/** Longer ones are lists of all values allowed. */
const MESSAGE_LENGTH_MAX = 200

function describe(issue: z.core.$ZodIssue): Problems {
  const at = pointer(issue.path)
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => ({ pointer: `${at}${pointer([key])}`, message: 'is not known' }))
  const message = issue.message.length > MESSAGE_LENGTH_MAX ? 'is not one of the allowed values' : issue.message
  return [{ pointer: at, message }]
}

/**
 * RFC 6901, up to the first name that no schema of ours could have: that one is the caller's text, and may be a value in
 * the wrong place.
 */
function pointer(path: PropertyKey[]): string {
  const foreign = path.findIndex(step => !/^\w{1,40}$/.test(String(step)))
  return (foreign < 0 ? path : path.slice(0, foreign)).map(step => `/${String(step)}`).join('')
}
