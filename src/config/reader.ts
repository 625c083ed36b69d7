/** Reads variables one by one and notes what is wrong with them, never their values. */
import { z } from 'zod'
import { configVariables, type VariableName } from './variables.ts'

export type Mode = 'embedded' | 'production'

export type Environment = Record<string, string | undefined>

export interface Reader {
  mode: Mode
  /** All that is wrong so far. */
  problems: string[]
  /**
   * The variable's value, else the table's default for the mode, else `otherwise`. What it returns after a problem is not to
   * be believed: the whole configuration is refused for it.
   */
  read<T>(name: VariableName, schema: z.ZodType<T>, otherwise?: T): T
}

/** `drawn` stands in for what `env` does not set. */
export function makeReader(env: Environment, mode: Mode, drawn: Environment = {}): Reader {
  const problems: string[] = []
  return {
    mode,
    problems,
    read<T>(name: VariableName, schema: z.ZodType<T>, otherwise?: T): T {
      const fallback = configVariables.find(variable => variable.name === name)?.[mode] ?? null
      const set = given(env, name) ?? given(drawn, name)
      const text = set ?? (fallback === 'required' || fallback?.includes('<') ? null : fallback)
      if (text === null) {
        if (fallback === 'required') problems.push(`${name} is required`)
        return otherwise as T
      }
      const { success, data, error } = schema.safeParse(text)
      if (!success) problems.push(`${name}: ${messages(error)}`)
      return success ? data : (otherwise as T)
    },
  }
}

/** What the table does not require, but another variable does: `because`. */
export function needed<T>({ read, problems }: Reader, name: VariableName, schema: z.ZodType<T>, because?: string): T {
  const before = problems.length
  const value = read(name, schema)
  if (value === undefined && problems.length === before)
    problems.push(`${name} is required${because ? ` with ${because}` : ''}`)
  return value
}

/** All problems of an environment, readable; never the value of a secret. */
export class ConfigError extends Error {
  readonly problems: string[]

  constructor(problems: string[]) {
    super(`configuration:\n${problems.join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** What is set and not blank. */
const given = (env: Environment, name: string): string | undefined => env[name]?.trim() || undefined

/** On one line, each once, and without the value that they are about. */
const messages = ({ issues }: z.ZodError): string => [...new Set(issues.map(({ message }) => message))].join('; ')

/** Digits only: Number() would take `0x50` and `1e3` as well. */
export const whole = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'a whole number').transform(Number).pipe(z.number().min(min).max(max))

/** In US dollars; written out, for the reason above. */
export const price = z
  .string()
  .regex(/^\d+(\.\d+)?$/, 'a price such as 0.15')
  .transform(Number)
  .pipe(z.number().positive())

/** Comma-separated, and not empty. */
export const listOf = (item: z.ZodType<string, string>) =>
  z.string().transform(split).pipe(z.array(item).min(1, 'is empty'))

const split = (text: string): string[] =>
  text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
