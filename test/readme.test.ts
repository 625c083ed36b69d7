/** What the README says is what the code says. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { configVariables } from '../src/config/variables.ts'
import { errorVocabulary } from '../src/domain/errors.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const cell = (value: string | null): string => (value === null || value === 'required' ? (value ?? '') : `\`${value}\``)

describe('the README', () => {
  it('has every variable of the configuration, with its defaults, and no other', () => {
    const [, section = ''] = readme.split('### Configuration')
    const rows = section.split('\n\n')[1]?.split('\n').slice(2)
    expect(rows).toEqual(
      configVariables.map(
        ({ name, description, embedded, production }) =>
          `| \`${name}\` | ${description} | ${cell(embedded)} | ${cell(production)} |`,
      ),
    )
  })

  it('names every error code', () => {
    const [, section = ''] = readme.split('### Errors')
    for (const code of Object.keys(errorVocabulary)) expect(section).toContain(`\`${code}\``)
  })

  it('names only scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    const named = [...readme.matchAll(/npm run ([a-z-]+)/g)].map(([, name = '']) => name)
    expect(named.length).toBeGreaterThan(2)
    for (const name of named) expect(Object.keys(scripts)).toContain(name)
  })
})
