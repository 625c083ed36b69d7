import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePostgresHousekeeping } from '../../src/adapters/postgres/housekeeping.ts'
import { PRUNE_BATCHES_MAX } from '../../src/domain/limits.ts'
import { makePruneSettlements } from '../../src/usecases/prune-settlements.ts'
import { OPEN_PATIENCE_MS, type OpenedDatabase, rows } from './databases.ts'

describe.each(rows)('pruning of settlements: %s', (_name, open) => {
  let opened: OpenedDatabase
  beforeAll(async () => {
    opened = await open()
  }, OPEN_PATIENCE_MS)
  afterAll(() => opened?.close())

  const settle = (prefix: string, count: number, age: string) =>
    opened.sql(
      `INSERT INTO settlements (portal_id, code_id, attempts, verdicts, begun_at)
       SELECT 'acme', $1 || n, '{}', '{}', now() - $2::interval FROM generate_series(1, $3::integer) n`,
      [prefix, age, count],
    )

  // A busy day leaves more of them than one statement deletes: if the rest stayed, the table would only ever grow.
  it('one run deletes all that are older than a day, however many, and no younger one', async () => {
    await settle('old', 12_000, '25 hours')
    await settle('young', 3, '23 hours')
    await makePruneSettlements({ housekeeping: makePostgresHousekeeping(opened.database) })()
    expect(await opened.sql('SELECT code_id FROM settlements ORDER BY code_id')).toEqual(
      [1, 2, 3].map(n => ({ code_id: `young${n}` })),
    )
  })
})

it('one run of pruning ends, however fast settlements come of age', async () => {
  let batches = 0
  const housekeeping = { pruneSettlements: async () => ++batches }
  await makePruneSettlements({ housekeeping })()
  expect(batches).toBe(PRUNE_BATCHES_MAX)
})
