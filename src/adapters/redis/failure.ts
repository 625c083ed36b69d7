import { z } from 'zod'
import { type MfaError, unavailable } from '../../domain/errors.ts'

/** Our own deadline ran out; the call may still happen. */
export class DeadlineError extends Error {}

/** `unavailable`, with a cause that names the kind of the failure and nothing of the call: errors of ioredis carry its arguments. */
export function redisFailure(error: unknown): MfaError {
  const code = kindOf(error)
  return unavailable(Object.assign(new Error(`redis: ${code}`), { code }))
}

function kindOf(error: unknown): string {
  if (error instanceof DeadlineError) return 'deadline'
  if (error instanceof z.ZodError) return 'unexpected reply'
  if (!(error instanceof Error)) return 'failed'
  if (error.message === 'Command timed out') return 'deadline'
  if ('code' in error && typeof error.code === 'string') return error.code
  // Replies begin with their kind: OOM, READONLY, LOADING, CLUSTERDOWN, NOAUTH, ERR …
  if (error.name === 'ReplyError') return /^[A-Z]+\b/.exec(error.message)?.[0] ?? 'failed'
  return error.message.includes("isn't") || error.message === 'Connection is closed.' ? 'not connected' : error.name
}
