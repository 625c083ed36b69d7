import { MfaError, unavailable } from '../domain/errors.ts'
import { IDEMPOTENCY_LEASE_SECONDS, IDEMPOTENCY_SECONDS } from '../domain/limits.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, inPortal } from './call.ts'

/** JSON and nothing else, since it may be stored. */
export interface Answer {
  status: number
  body: unknown
  headers?: Record<string, string>
}

export interface OnceRequest {
  /** The Idempotency-Key. */
  key: string
  path: string
  body: unknown
}

/**
 * The first answer again for the same caller, path, key and body; the same guess under the same key spends one attempt,
 * even where its answer was not kept. Throws `idempotency_key_reused`, `request_in_progress`, `unavailable`.
 */
export function makeAnswerOnce({ idempotency, secrecy, tokens }: Ports) {
  return async (call: Call, request: OnceRequest, run: (call: Call) => Promise<Answer>): Promise<Answer> => {
    const { portalId, clientId, role, subject } = inPortal(call).caller
    // The key comes last: it alone may hold the separator.
    const scoped = secrecy.digest(
      'scope',
      [portalId, clientId, role, subject ?? '', request.path, request.key].join('|'),
    )
    const scope = `${portalId}/${scoped}`
    const bodyDigest = secrecy.digest('body', `${scope}|${JSON.stringify(request.body ?? {})}`)
    const begun = await idempotency.begin(scope, bodyDigest, IDEMPOTENCY_LEASE_SECONDS * 1000)
    if (begun.outcome === 'other_body') throw new MfaError('idempotency_key_reused')
    if (begun.outcome === 'running') throw new MfaError('request_in_progress')
    if (begun.outcome === 'answered') return opened(begun.answer, scope)

    try {
      const answer = await run({ ...call, attemptId: secrecy.digest('attempt', `${scope}|${bodyDigest}`) })
      await keepOrRelease(scope, bodyDigest, answer)
      return answer
    } catch (error) {
      await idempotency.release(scope).catch(() => {})
      throw error
    }
  }

  function opened(sealed: string, scope: string): Answer {
    try {
      return JSON.parse(secrecy.openAnswer(sealed, scope)) as Answer
    } catch (cause) {
      throw unavailable(cause)
    }
  }

  /** The answer stands whether or not it can be kept; without it the same call runs again, as after a 5xx. */
  async function keepOrRelease(scope: string, bodyDigest: string, answer: Answer): Promise<void> {
    const { assertion } = (answer.body ?? {}) as { assertion?: unknown }
    const keptMs = typeof assertion === 'string' ? tokens.remainingMs(assertion) : IDEMPOTENCY_SECONDS * 1000
    const passing = answer.status === 401 || answer.status === 429 || answer.status >= 500
    const kept = passing
      ? idempotency.release(scope)
      : idempotency.answer(scope, bodyDigest, secrecy.sealAnswer(JSON.stringify(answer), scope), keptMs)
    await kept.catch(() => {})
  }
}
