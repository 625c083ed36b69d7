/** The sources as text, for tests that read code. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const sourceRoot = fileURLToPath(new URL('../../src/', import.meta.url))

/** Every file of src/, by its path below, without its comments. */
export const sourceFiles = readdirSync(sourceRoot, { recursive: true, encoding: 'utf8' })
  .filter(file => /\.[cm]?[jt]sx?$/.test(file))
  .map(file => ({ path: file, text: withoutComments(readFileSync(join(sourceRoot, file), 'utf8')) }))

/** Strings stay as they are: a `/*` in one would hide all code up to the next comment. */
function withoutComments(text: string): string {
  const token = /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|(?<=^|\s)(?:\/\*[\s\S]*?\*\/|\/\/.*$)/gm
  return text.replace(token, (_, string?: string) => string ?? '')
}
