/** `Idempotency-Key` of start, resend, verify and confirm: the first answer again, nothing sent, nothing spent. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { MfaError } from '../../domain/errors.ts'
import type { Answer } from '../../usecases/answer-once.ts'
import type { Call } from '../../usecases/call.ts'
import type { UseCases } from '../../usecases/index.ts'
import { type ProblemDocument, problemDocument } from '../problem.ts'
import { callOf } from './authentication.ts'
import { sendProblem } from './problem-details.ts'

/** Answers a request through `run`, under its Idempotency-Key where it has one. */
export type AnswerOnce = (
  request: FastifyRequest,
  reply: FastifyReply,
  run: (call: Call) => Promise<Answer>,
) => Promise<void>

export function makeIdempotentAnswer(useCases: UseCases, issuer: string): AnswerOnce {
  return async (request, reply, run) => {
    const call = callOf(request)
    const key = idempotencyKey(request)
    const once = () => {
      if (key === null) return run(call)
      const asked = { key, path: canonicalPath(request), body: request.body }
      return useCases.answerOnce(call, asked, bound => problemAsAnswer(bound, run, issuer))
    }
    await sendAnswer(reply, await once())
  }
}

/** A refusal is an answer too, and some are kept; what is `unavailable` never is, and the error handler logs why. */
async function problemAsAnswer(call: Call, run: (call: Call) => Promise<Answer>, issuer: string): Promise<Answer> {
  try {
    return await run(call)
  } catch (error) {
    if (!(error instanceof MfaError) || error.code === 'unavailable') throw error
    const problem = problemDocument(error, call.requestId, issuer)
    return { status: problem.status, body: problem }
  }
}

const sendAnswer = (reply: FastifyReply, { status, body, headers = {} }: Answer): FastifyReply =>
  status >= 400 ? sendProblem(reply, body as ProblemDocument) : reply.code(status).headers(headers).send(body)

function idempotencyKey(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key === 'string' && /^[\x21-\x7e]{1,128}$/.test(key)) return key
  throw new MfaError('invalid_request', { detail: 'Idempotency-Key: 1 to 128 visible ASCII characters.' })
}

/** The path with its ids decoded, so that two spellings of one path are one. */
const canonicalPath = (request: FastifyRequest): string =>
  (request.routeOptions.url ?? '').replace(/:(\w+)/g, (_, name: string) =>
    String((request.params as Record<string, unknown>)[name]),
  )
