/** One login's one-time code for an active factor. */
import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { UseCases } from '../../usecases/index.ts'
import { operation } from '../operation.ts'
import { callOf } from '../plugins/authentication.ts'
import type { AnswerOnce } from '../plugins/idempotency.ts'
import { rateLimitAnswerHeaders as answerHeaders, rateLimitHeaders } from '../rate-limit-headers.ts'
import { challenge, proofBody, resendChallengeBody, startChallengeBody, verified } from '../schemas/codes.ts'
import { challengeParams, contactParams } from '../schemas/ids.ts'
import { wire } from '../wire.ts'

interface Options {
  useCases: UseCases
  answerOnce: AnswerOnce
}

export const challengeRoutes: FastifyPluginAsyncZod<Options> = async (app, { useCases, answerOnce }) => {
  app.post(
    '/v1/contacts/:contactId/challenges',
    operation(
      'startChallenge',
      {
        tag: 'Challenge',
        summary: 'Send a code to a factor',
        description:
          'Without `factorId` to the one proved last. The same login, purpose and factor again while pending: the same challenge, nothing sent, 200. Challenges of other logins live on.',
        answerHeaders,
      },
      {
        params: contactParams,
        body: startChallengeBody,
        response: {
          200: challenge.meta({ description: 'The one that is pending already; nothing was sent.' }),
          201: challenge.meta({ description: 'Started, code sent.' }),
        },
      },
    ),
    (request, reply) =>
      answerOnce(request, reply, async call => {
        const started = await useCases.startChallenge(call, { ...request.params, ...request.body })
        const { created, challenge: view, quota } = started
        return { status: created ? 201 : 200, body: wire(view), headers: rateLimitHeaders(quota) }
      }),
  )

  app.get(
    '/v1/contacts/:contactId/challenges/:challengeId',
    operation(
      'readChallenge',
      {
        tag: 'Challenge',
        summary: 'Read a challenge',
        description: 'Also for an hour after its end. For display only: never make a session on it.',
      },
      { params: challengeParams, response: { 200: challenge.meta({ description: 'Its state.' }) } },
    ),
    async request => wire(await useCases.readChallenge(callOf(request), request.params)),
  )

  app.post(
    '/v1/contacts/:contactId/challenges/:challengeId/resend',
    operation(
      'resendChallenge',
      {
        tag: 'Challenge',
        summary: 'Send another code',
        description:
          'To the same or another factor. The newest code and the one before are good, each for its own lifetime; attempts and sends are one budget for all.',
        answerHeaders,
      },
      {
        params: challengeParams,
        body: resendChallengeBody,
        response: { 200: challenge.meta({ description: 'A new code is on its way.' }) },
      },
    ),
    (request, reply) =>
      answerOnce(request, reply, async call => {
        const resent = await useCases.resendChallenge(call, { ...request.params, ...request.body })
        return { status: 200, body: wire(resent.challenge), headers: rateLimitHeaders(resent.quota) }
      }),
  )

  app.post(
    '/v1/contacts/:contactId/challenges/:challengeId/verify',
    operation(
      'verifyChallenge',
      {
        tag: 'Challenge',
        summary: 'Verify the code',
        description: [
          'A session may be made on this 200, and on nothing else of a challenge. The assertion is for handing on, and for step-up.',
          'The fifth wrong code is 422 with `attemptsLeft: 0`, later ones are 410. Ten wrong codes in a row, over all challenges, lock the contact for 30 minutes.',
        ].join('\n'),
        comparesSecret: true,
      },
      {
        params: challengeParams,
        body: proofBody,
        response: { 200: verified.meta({ description: 'The code was right, and is used up.' }) },
      },
    ),
    (request, reply) =>
      answerOnce(request, reply, async call => ({
        status: 200,
        body: wire(await useCases.verifyChallenge(call, { ...request.params, ...request.body })),
      })),
  )
}
