/** `POST /oauth/token`: RFC 6749 client credentials, in the words of that RFC. */
import formbody from '@fastify/formbody'
import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { type MfaError, TokenError } from '../../domain/errors.ts'

import type { UseCases } from '../../usecases/index.ts'
import { basicCredentials } from '../basic-credentials.ts'
import { operation } from '../operation.ts'
import { asMfaError } from '../plugins/problem-details.ts'
import { accessToken, tokenForm, type tokenProblem } from '../schemas/token.ts'

export const tokenRoutes: FastifyPluginAsyncZod<{ useCases: UseCases }> = async (app, { useCases }) => {
  app.removeAllContentTypeParsers()
  await app.register(formbody, { parser: parseForm })
  app.setErrorHandler(answerTokenError)

  app.post(
    '/oauth/token',
    operation(
      'issueToken',
      {
        tag: 'Tokens',
        summary: 'Get an access token',
        description:
          'Client credentials (RFC 6749 §4.4), by HTTP Basic or form fields. Keep the token until shortly before it expires, per role and subject. Errors are those of RFC 6749 §5.2.',
        consumes: ['application/x-www-form-urlencoded'],
        security: [{ basic: [] }, {}],
        comparesSecret: true,
      },
      { body: tokenForm, response: { 200: accessToken.meta({ description: 'The token.' }) } },
    ),
    async request => {
      const form = request.body
      const issued = await useCases.issueToken({
        ...credentials(request, form),
        grantType: form.grant_type,
        role: form.role || undefined,
        subject: form.subject || undefined,
        organizationId: form.organization_id || undefined,
      })
      return { access_token: issued.accessToken, token_type: 'Bearer' as const, expires_in: issued.expiresIn }
    },
  )
}

/** RFC 6749 §3.2: no parameter twice. */
function parseForm(text: string): Record<string, string> {
  const form = new URLSearchParams(text)
  const names = [...form.keys()]
  if (new Set(names).size < names.length) throw new TokenError('invalid_request', 'A parameter is there twice.')
  return Object.fromEntries(form)
}

/** RFC 6749 §2.3: one way to authenticate, not two. */
function credentials(
  request: FastifyRequest,
  form: { client_id?: string | undefined; client_secret?: string | undefined },
) {
  const basic = basicCredentials(request.headers.authorization)
  if (basic && form.client_secret) throw new TokenError('invalid_request', 'Use HTTP Basic or form fields, not both.')
  if (basic && form.client_id && form.client_id !== basic.clientId)
    throw new TokenError('invalid_request', 'HTTP Basic names another client.')
  if (basic) return basic
  if (!form.client_id || !form.client_secret) throw new TokenError('invalid_client', 'No client credentials.')
  return { clientId: form.client_id, clientSecret: form.client_secret }
}

/** RFC 6749 §5.2; what that has no word for goes on as a problem document. */
function answerTokenError(thrown: FastifyError | MfaError | TokenError, request: FastifyRequest, reply: FastifyReply) {
  const error = thrown instanceof TokenError ? thrown : asTokenError(asMfaError(thrown))
  if (!(error instanceof TokenError)) throw error
  if (error.error === 'invalid_client' && request.headers.authorization)
    reply.header('www-authenticate', 'Basic realm="oauth"')
  return reply
    .code(error.error === 'invalid_client' ? 401 : 400)
    .header('content-type', 'application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send({ error: error.error, error_description: error.description } satisfies z.output<typeof tokenProblem>)
}

const asTokenError = (error: MfaError): MfaError | TokenError =>
  error.code === 'invalid_request' ? new TokenError('invalid_request', tokenFault(error)) : error

const tokenFault = ({ details }: MfaError): string =>
  details.errors?.map(({ pointer, message }) => `${pointer.slice(1)}: ${message}`).join('; ') ||
  'The request is not valid.'
