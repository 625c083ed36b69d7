import { z } from 'zod'
import { MfaError, unavailable } from '../../domain/errors.ts'

/** Our own deadline ran out; the call may still have happened. */
export class DeadlineError extends Error {}

/**
 * `unavailable`, with a cause that names the SQLSTATE or kind of the failure and nothing of the call: errors of drivers and
 * of Drizzle carry statements, parameters and rows. Errors of our own vocabulary pass as they are.
 */
export function postgresFailure(error: unknown): MfaError {
  if (error instanceof MfaError) return error
  const code = kindOf(error)
  return unavailable(Object.assign(new Error(`postgres: ${code}`), { code }))
}

/** SQLSTATE of an error that the server answered; null: it did not answer one. */
export const sqlState = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && /^[0-9A-Z]{5}$/.test(String(error.code)) ? String(error.code) : null

function kindOf(error: unknown): string {
  if (error instanceof DeadlineError) return 'deadline'
  if (error instanceof z.ZodError) return 'unexpected row'
  if (!(error instanceof Error)) return 'failed'
  const state = sqlState(error)
  if (state) return `SQLSTATE ${state}`
  if ('code' in error && typeof error.code === 'string') return error.code
  if (/timeout/i.test(error.message)) return 'deadline'
  return /terminated|not queryable|closed|ended?\b/i.test(error.message) ? 'not connected' : error.name
}
