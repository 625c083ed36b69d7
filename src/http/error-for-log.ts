/** An error as the log may show it: what it is and where it was thrown, never its text. */

/** What the log may say of an error: DrizzleQueryError and its like carry parameters in their text (L-30). */
export function errorForLog(error: unknown): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, code: null, message: '', stack: '' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null
  const cause = error.cause instanceof Error ? { cause: errorForLog(error.cause) } : {}
  return { type: error.name, code, message: '', stack: placesOf(error), ...cause }
}

interface LoggedError {
  type: string
  code: string | null
  /** Always empty. */
  message: string
  /** Where it was thrown, without its text. */
  stack: string
  cause?: LoggedError
  [member: string]: unknown
}

const placesOf = ({ stack = '' }: Error): string =>
  stack
    .split('\n')
    .filter(line => /^ +at /.test(line))
    .slice(0, 8)
    .map(line => line.trim())
    .join(' < ')
