/** Reads test/attacks.md: which attack is answered by which test. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** `title` is that of the test itself, as its source spells it: without its groups, with the `%s` of a table. */
export interface Proof {
  file: string
  title: string
}

export interface Attack {
  id: string
  name: string
  proofs: Proof[]
  /** What is said besides. */
  words: string
}

/** The rows of the table; none where there is no such file. */
export function attackTable(root: string): Attack[] {
  const path = join(root, 'test/attacks.md')
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
  return lines.flatMap(line => {
    const [, id, name, said] = /^\| ([A-Z]+-\d+) \| (.+?) \| (.+) \|$/.exec(line) ?? []
    return id && name && said ? [{ id, name, ...saidOf(said) }] : []
  })
}

const PROOF = /`(test\/[\w/.-]+\.ts) > ([^`]+)`/g

const saidOf = (cell: string): Pick<Attack, 'proofs' | 'words'> => ({
  proofs: [...cell.matchAll(PROOF)].map(([, file = '', title = '']) => ({ file, title })),
  words: cell.replace(PROOF, '').replaceAll('<br>', ' ').trim(),
})

/** A value of a table of tests, as its title names it. */
const PLACE = /%[sdifjoOc]|\$[\w.]+/

/** What runs under a title: the tests of a table carry their values in place of its `%s` and `$name`. */
export const carries = (title: string, name: string): boolean =>
  new RegExp(`^${title.split(PLACE).map(escaped).join('[\\s\\S]*')}$`).test(name)

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Files of a run, by their paths below the root, with the names of their tests. */
export type Ran = ReadonlyMap<string, readonly string[]>

/** The proofs that did not run, of files that were part of the run or that it `owes`. */
export function notRun(attacks: Attack[], ran: Ran, owes: (file: string) => boolean): Proof[] {
  const proofs = new Map(
    attacks.flatMap(attack => attack.proofs.map(proof => [`${proof.file} > ${proof.title}`, proof])),
  )
  return [...proofs.values()].filter(
    ({ file, title }) => (ran.has(file) || owes(file)) && !ran.get(file)?.some(name => carries(title, name)),
  )
}

/** Which project must run a file. Said here once more: a file that falls out of vitest.config.ts is to be missed. */
export const projectOf = (file: string): 'quick' | 'long' => (/^test\/(fault|fuzz)\//.test(file) ? 'long' : 'quick')
