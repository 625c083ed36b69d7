/** "This contact has passed the password: what now?" */
import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { DecisionView } from '../../usecases/decide-login.ts'
import type { UseCases } from '../../usecases/index.ts'
import { operation } from '../operation.ts'
import { callOf } from '../plugins/authentication.ts'
import { problemDocument } from '../problem.ts'
import { rateLimitAnswerHeaders as answerHeaders, rateLimitHeaders } from '../rate-limit-headers.ts'
import { decideLoginBody, decision } from '../schemas/contacts.ts'
import { contactParams } from '../schemas/ids.ts'
import { wire } from '../wire.ts'

export const loginRoutes: FastifyPluginAsyncZod<{ useCases: UseCases; issuer: string }> = async (app, options) => {
  const { useCases, issuer } = options

  app.post(
    '/v1/contacts/:contactId/logins',
    operation(
      'decideLogin',
      {
        tag: 'Login',
        summary: 'Decide a login',
        description: [
          'Ask this after every password check. `allow`: make the session. `enroll`: let the contact name a number or address, or skip where `canSkip`.',
          '`challenge`: ask for the code that was sent; with `sendCode` it is under way already, and `sendError` says why not. `deny`: show the wait, or that only an admin helps.',
          'A failure is never an `allow`: on 503 or no answer keep the page.',
        ].join('\n'),
        answerHeaders,
      },
      {
        params: contactParams,
        body: decideLoginBody,
        response: { 200: decision.meta({ description: 'The decision.' }) },
      },
    ),
    async (request, reply) => {
      const view = await useCases.decideLogin(callOf(request), { ...request.params, ...request.body })
      if (view.decision === 'challenge') reply.headers(rateLimitHeaders(view.quota))
      return decisionBody(view, request.id, issuer)
    },
  )
}

/** A failed send becomes the problem document that starting the challenge would have answered. */
function decisionBody(view: DecisionView, requestId: string, issuer: string) {
  if (view.decision !== 'challenge') return wire(view)
  const { sendError, quota: _, ...rest } = view
  return { ...wire(rest), ...(sendError ? { sendError: problemDocument(sendError, requestId, issuer) } : {}) }
}
