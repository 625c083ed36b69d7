/** A factor on its way, and the end of one. */
import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { UseCases } from '../../usecases/index.ts'
import { operation } from '../operation.ts'
import { callOf } from '../plugins/authentication.ts'
import type { AnswerOnce } from '../plugins/idempotency.ts'
import { rateLimitAnswerHeaders as answerHeaders, rateLimitHeaders } from '../rate-limit-headers.ts'
import { confirmed, enrollment, proofBody, removeFactorBody, startEnrollmentBody } from '../schemas/codes.ts'
import { contactParams, enrollmentParams, factorParams } from '../schemas/ids.ts'
import { noMembers } from '../schemas/values.ts'
import { wire } from '../wire.ts'

interface Options {
  useCases: UseCases
  answerOnce: AnswerOnce
}

export const enrollmentRoutes: FastifyPluginAsyncZod<Options> = async (app, { useCases, answerOnce }) => {
  app.post(
    '/v1/contacts/:contactId/enrollments',
    operation(
      'startEnrollment',
      {
        tag: 'Enrollment',
        summary: 'Send a code to a new number or address',
        description: [
          'The destination becomes a factor only when the code is confirmed. The same login, method and destination again while pending: the same enrollment, nothing sent, 200.',
          'Another destination replaces it. An enrolled contact needs `assertion`, else 403 `step_up_required`.',
        ].join('\n'),
        answerHeaders,
      },
      {
        params: contactParams,
        body: startEnrollmentBody,
        response: {
          200: enrollment.meta({ description: 'The one that is pending already; nothing was sent.' }),
          201: enrollment.meta({ description: 'Started, code sent.' }),
        },
      },
    ),
    (request, reply) =>
      answerOnce(request, reply, async call => {
        const started = await useCases.startEnrollment(call, { ...request.params, ...request.body })
        const { created, enrollment: view, quota } = started
        return { status: created ? 201 : 200, body: wire(view), headers: rateLimitHeaders(quota) }
      }),
  )

  app.get(
    '/v1/contacts/:contactId/enrollments/:enrollmentId',
    operation(
      'readEnrollment',
      { tag: 'Enrollment', summary: 'Read an enrollment', description: 'For display only: it is no proof.' },
      { params: enrollmentParams, response: { 200: enrollment.meta({ description: 'Its state.' }) } },
    ),
    async request => wire(await useCases.readEnrollment(callOf(request), request.params)),
  )

  app.post(
    '/v1/contacts/:contactId/enrollments/:enrollmentId/resend',
    operation(
      'resendEnrollment',
      {
        tag: 'Enrollment',
        summary: 'Send another code',
        description:
          'To the same destination, for 10 minutes from the start. The code before stays good for its own lifetime.',
        answerHeaders,
      },
      {
        params: enrollmentParams,
        body: noMembers,
        response: { 200: enrollment.meta({ description: 'A new code is on its way.' }) },
      },
    ),
    (request, reply) =>
      answerOnce(request, reply, async call => {
        const resent = await useCases.resendEnrollment(call, request.params)
        return { status: 200, body: wire(resent.enrollment), headers: rateLimitHeaders(resent.quota) }
      }),
  )

  app.post(
    '/v1/contacts/:contactId/enrollments/:enrollmentId/confirm',
    operation(
      'confirmEnrollment',
      {
        tag: 'Enrollment',
        summary: 'Confirm the code',
        description: [
          'The factor is active from now on, in place of the one of the same method; a remembered skip is gone. A session may be made on this 200.',
          'A wrong code is an error status on purpose: a client that only looks at the status fails closed.',
        ].join('\n'),
        comparesSecret: true,
      },
      {
        params: enrollmentParams,
        body: proofBody,
        response: { 200: confirmed.meta({ description: 'Confirmed.' }) },
      },
    ),
    (request, reply) =>
      answerOnce(request, reply, async call => ({
        status: 200,
        body: wire(await useCases.confirmEnrollment(call, { ...request.params, ...request.body })),
      })),
  )

  app.delete(
    '/v1/contacts/:contactId/factors/:factorId',
    operation(
      'removeFactor',
      {
        tag: 'Enrollment',
        summary: 'Remove a factor',
        description: 'By step-up, and never the last one.',
        noContent: 'Removed.',
      },
      { params: factorParams, body: removeFactorBody },
    ),
    async (request, reply) => {
      await useCases.removeFactor(callOf(request), { ...request.params, ...request.body })
      return reply.code(204).send()
    },
  )
}
