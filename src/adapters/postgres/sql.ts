/** Reads the .sql files of this folder: `-- include <file>` lines, and `:named` parameters, which become $1, $2 … */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { z } from 'zod'

/** A statement, and what its rows look like. */
export interface Statement<Row> {
  /** Of the prepared statement. */
  name: string
  text: string
  /** Names of the parameters, in the order of their numbers. */
  parameters: string[]
  row: z.ZodType<Row>
}

/** Loads `sql/<file>.sql`. */
export function loadStatement<Row>(file: string, row: z.ZodType<Row>): Statement<Row> {
  const { text, parameters } = numberParameters(readSql(`${file}.sql`))
  return { name: `${file}-${fingerprint(text)}`, text, parameters, row }
}

/** Tells texts apart: sessions may outlive a deployment behind a pooler, and a name must never mean another text. */
export const fingerprint = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12)

function readSql(file: string): string {
  const text = readFileSync(new URL(`./sql/${file}`, import.meta.url), 'utf8').trimEnd()
  return text.replace(/^-- include (\S+)$/gm, (_line, included: string) => readSql(included))
}

/** What may hold a colon that is no parameter: comments, strings, quoted names, casts. The last alternative is a parameter. */
const TOKEN = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"[^"]*"|::\w+|:([a-z][a-z0-9_]*)/g

/** Replaces `:named` parameters by numbers, the same name by the same number. */
export function numberParameters(sql: string): { text: string; parameters: string[] } {
  const parameters: string[] = []
  const text = sql.replace(TOKEN, (token, name: string | undefined) => {
    if (name === undefined) return token
    if (!parameters.includes(name)) parameters.push(name)
    return `$${parameters.indexOf(name) + 1}`
  })
  return { text, parameters }
}
