import { mkdirSync } from 'node:fs'
import { type Driver, type Session, TIMESTAMPTZ } from './driver.ts'
import { postgresFailure } from './failure.ts'

/** PGlite in this process, in a folder or (empty) in memory. It has one session, so whoever wants it queues. */
export async function openPglite(folder: string): Promise<Driver> {
  // A development dependency: the service in production does without it.
  const { PGlite } = await import('@electric-sql/pglite')
  const options = { parsers: { [TIMESTAMPTZ]: (text: string) => text } }
  if (folder !== '') mkdirSync(folder, { recursive: true })
  const pglite = await (folder === '' ? PGlite.create(options) : PGlite.create(folder, options))

  const session: Session = {
    async query({ text, params, asArrays }) {
      const { rows } = await pglite.query(text, [...params], asArrays ? { rowMode: 'array' } : {})
      return rows
    },
    async script(text) {
      await pglite.exec(text)
    },
  }

  let last: Promise<unknown> = Promise.resolve()
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work)
    last = turn.catch(() => {})
    return turn
  }

  const safe: Session = {
    query: query => session.query(query).catch(error => Promise.reject(postgresFailure(error))),
    script: text => session.script(text).catch(error => Promise.reject(postgresFailure(error))),
  }
  return {
    lend: work => inTurn(() => work(safe)),
    lendPatiently: work => inTurn(() => work(session)),
    close: () => pglite.close(),
  }
}
