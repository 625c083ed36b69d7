/** The door to the database: what it does when the database fails, and that migrations arrive once. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { applyMigrations, knownMigrations, type Migration } from '../../src/adapters/postgres/migrations.ts'
import { type Database, openDatabase } from '../../src/adapters/postgres/open-database.ts'
import { openPg } from '../../src/adapters/postgres/pg-driver.ts'
import { openPglite } from '../../src/adapters/postgres/pglite-driver.ts'
import type { Statement } from '../../src/adapters/postgres/sql.ts'
import { MfaError } from '../../src/domain/errors.ts'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import { freePort } from '../support/ports.ts'
import {
  createDatabase,
  createEmptyDatabase,
  sharedPostgres,
  type TestDatabase,
  type TestPostgres,
} from '../support/postgres.ts'
import { OPEN_PATIENCE_MS, type OpenedDatabase, rows } from './databases.ts'

/** Of production: for what is said of a deadline. */
const DEADLINE_MS = 2000
/** A machine that runs all suites at once may take longer. */
const PATIENT_MS = 20_000
const MARKER = 'a-marker-that-must-not-leave'

const statement = <Row>(text: string, row: z.ZodType<Row>, parameters: string[] = []): Statement<Row> => ({
  name: `test ${text}`.slice(0, 60),
  text,
  parameters,
  row,
})
const one = statement('SELECT 1 AS one', z.object({ one: z.int() }))

/** What a call is rejected with, as a log would show it. */
async function failureOf(call: Promise<unknown>): Promise<{ code: string; shown: string }> {
  const [result] = await Promise.allSettled([call])
  if (result?.status !== 'rejected' || !(result.reason instanceof MfaError))
    throw new Error('not rejected as it should be')
  const { code, message, details, cause, stack } = result.reason
  const causes = cause instanceof Error ? [cause.message, cause.stack, JSON.stringify(cause), cause.cause] : [cause]
  return { code, shown: JSON.stringify([message, details, stack, causes]) }
}

describe.each(rows)('the door: %s', (_name, open) => {
  let opened: OpenedDatabase
  beforeAll(async () => {
    opened = await open()
  }, OPEN_PATIENCE_MS)
  afterAll(() => opened?.close())

  it('L-30: tells SQLSTATE or kind of a failure, and neither statement nor parameters nor the server’s text', async () => {
    const { run, crud, withTransaction } = opened.database
    const failing = statement('SELECT $1::text::integer AS one', z.object({ one: z.int() }), ['marker'])
    const failures = await Promise.all([
      failureOf(run(failing, { marker: MARKER })),
      failureOf(crud(drizzle => drizzle.execute(sql`SELECT ${MARKER}::integer`))),
      failureOf(withTransaction(door => door.run(failing, { marker: MARKER }))),
    ])
    for (const { code, shown } of failures) {
      expect(code).toBe('unavailable')
      expect(shown).toContain('SQLSTATE 22P02')
      expect(shown).not.toContain(MARKER)
      expect(shown).not.toContain('SELECT')
    }
  })

  it('refuses rows that are not what the statement promises, without showing them', async () => {
    const odd = statement(`SELECT '${MARKER}' AS one`, z.object({ one: z.int() }))
    const { code, shown } = await failureOf(opened.database.run(odd, {}))
    expect(code).toBe('unavailable')
    expect(shown).toContain('unexpected row')
    expect(shown).not.toContain(MARKER)
  })

  it('RACE-6: rolls back all of a transaction that throws, and lets the error through', async () => {
    const insert = statement("INSERT INTO keys VALUES ('rolled back', 1, 'x', now()) RETURNING 1 AS one", one.row)
    const failing = opened.database.withTransaction(async door => {
      await door.run(insert, {})
      throw new RangeError('the rule says no')
    })
    await expect(failing).rejects.toThrow(RangeError)
    expect(await opened.sql("SELECT 1 FROM keys WHERE purpose = 'rolled back'")).toEqual([])
    expect(await opened.database.run(one, {})).toEqual([{ one: 1 }])
  })

  it('goes on after a statement in a transaction has failed', async () => {
    const failing = statement("SELECT 'x'::integer AS one", one.row)
    await failureOf(opened.database.withTransaction(door => door.run(failing, {})))
    for (let call = 0; call < 10; call++) expect(await opened.database.run(one, {})).toEqual([{ one: 1 }])
  })

  it('has the clock of the tests', async () => {
    const clock = statement(
      'SELECT extract(epoch FROM mfa_now($1) - mfa_now(0))::float8 AS moved',
      z.object({ moved: z.number() }),
      ['clock_offset_ms'],
    )
    opened.advance(3600)
    const [{ moved } = { moved: 0 }] = await opened.database.run(clock, {})
    expect(Math.round(moved)).toBe(3600)
  })
})

describe('the door to a PostgreSQL that fails', () => {
  let server: TestPostgres
  let testDatabase: TestDatabase
  let proxy: FaultProxy
  beforeAll(async () => {
    server = await sharedPostgres()
    testDatabase = await createDatabase(server.url)
    proxy = await startFaultProxy(Number(new URL(server.url).port || 5432))
  }, OPEN_PATIENCE_MS)
  afterAll(async () => {
    await proxy?.close()
    await testDatabase?.drop()
    await server?.stop()
  })

  async function through(
    port: number | null,
    work: (database: Database) => Promise<void>,
    deadlineMs = PATIENT_MS,
  ): Promise<void> {
    const url = new URL(testDatabase.url)
    if (port !== null) url.host = `127.0.0.1:${port}`
    const database = await openDatabase({ url: url.href, poolMax: 2, deadlineMs })
    try {
      await work(database)
    } finally {
      await database.close()
    }
  }

  it('answers unavailable at once where nobody listens, and opens nevertheless', async () => {
    await through(await freePort(), async database => {
      const { code, shown } = await failureOf(database.run(one, {}))
      expect(code).toBe('unavailable')
      expect(shown).toContain('ECONNREFUSED')
      await failureOf(database.ping())
    })
  })

  it('answers unavailable within its deadline when the network swallows everything, and recovers by itself', async () => {
    await through(
      proxy.port,
      async database => {
        expect(await database.run(one, {})).toEqual([{ one: 1 }])
        await proxy.fail({ kind: 'black hole' })
        // More calls than connections: some are stalled in a statement, some while connecting, some in the queue.
        const stalled = await Promise.all([
          failureOf(database.withTransaction(door => door.run(one, {}))),
          ...Array.from({ length: 5 }, () => failureOf(database.run(one, {}))),
        ])
        for (const { code, shown } of stalled) {
          expect(code).toBe('unavailable')
          expect(shown).toContain('deadline')
        }
        await proxy.heal()
        for (let call = 0; call < 5; call++) expect(await database.run(one, {})).toEqual([{ one: 1 }])
      },
      DEADLINE_MS,
    )
  })

  it('hears an answer that came in time, though this process was too busy to read it in time', async () => {
    await through(
      null,
      async database => {
        await database.run(one, {})
        const slow = statement('SELECT 1 AS one FROM pg_sleep(0.2)', one.row)
        const answered = database.run(slow, {})
        await wait(100)
        // From here on timers come before what has arrived.
        await nextTurn()
        const busyUntil = performance.now() + DEADLINE_MS
        while (performance.now() < busyUntil);
        expect(await answered).toEqual([{ one: 1 }])
      },
      DEADLINE_MS,
    )
  })

  it('closes although the network swallows everything', async () => {
    await through(
      proxy.port,
      async database => {
        await database.run(one, {})
        await proxy.fail({ kind: 'black hole' })
      },
      DEADLINE_MS,
    )
    await proxy.heal()
  })

  it('O-31: survives that the server ends its connections, idle or busy', async () => {
    await through(null, async database => {
      const sleep = statement('SELECT 1 AS one FROM pg_sleep(30)', one.row)
      const busy = failureOf(database.run(sleep, {}))
      await database.run(one, {})
      await testDatabase.sql(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      )
      expect((await busy).code).toBe('unavailable')
      const calls = await Promise.allSettled(Array.from({ length: 4 }, () => database.run(one, {})))
      expect(calls.some(({ status }) => status === 'fulfilled')).toBe(true)
      expect(await database.run(one, {})).toEqual([{ one: 1 }])
    })
  })

  it('L-29: loses no connection to transactions that cannot begin, fail, or are too late', async () => {
    await through(
      null,
      async database => {
        const slow = statement('SELECT 1 AS one FROM pg_sleep(30)', one.row)
        for (let round = 0; round < 3; round++) {
          await failureOf(database.withTransaction(door => door.run(slow, {})))
          await expect(
            database.withTransaction(async () => {
              throw new RangeError('no')
            }),
          ).rejects.toThrow(RangeError)
        }
        const all = await Promise.all(
          Array.from({ length: 8 }, () => database.withTransaction(door => door.run(one, {}))),
        )
        expect(all).toHaveLength(8)
      },
      DEADLINE_MS,
    )
  })

  it('is not ready before every migration is there', async () => {
    const empty = await createEmptyDatabase(server.url)
    const database = await openDatabase({ url: empty.url })
    try {
      expect((await failureOf(database.ping())).code).toBe('unavailable')
      await database.migrate()
      await database.ping()
      await empty.sql('DELETE FROM schema_migrations WHERE name = $1', [knownMigrations().at(-1)?.name])
      expect((await failureOf(database.ping())).shown).toContain('migrations are missing')
    } finally {
      await database.close()
      await empty.drop()
    }
  })

  describe('migrations', () => {
    const migration = (name: string, text: string): Migration => ({ name, text, checksum: `sum of ${text}` })
    const a = migration('0001-a.sql', 'CREATE TABLE a (n integer)')
    const b = migration('0002-b.sql', 'CREATE TABLE b (n integer); INSERT INTO b VALUES (1)')

    async function onEmpty(
      work: (apply: (known: Migration[]) => Promise<string[]>, db: TestDatabase) => Promise<void>,
    ) {
      const empty = await createEmptyDatabase(server.url)
      const driver = openPg(empty.url, 1, 5000)
      try {
        await work(known => applyMigrations(driver, known), empty)
      } finally {
        await driver.close()
        await empty.drop()
      }
    }

    it('O-27: arrive once when several instances migrate at the same time', async () => {
      for (let round = 0; round < 5; round++)
        await onEmpty(async (_apply, { url, sql: select }) => {
          const drivers = [1, 2, 3].map(() => openPg(url, 1, 5000))
          const applied = await Promise.all(drivers.map(driver => applyMigrations(driver, [a, b])))
          expect(applied.flat()).toEqual([a.name, b.name])
          expect(await select('SELECT * FROM b')).toHaveLength(1)
          await Promise.all(drivers.map(driver => driver.close()))
        })
    })

    it('go forward only: what is applied stays, what is new is added', async () => {
      await onEmpty(async apply => {
        expect(await apply([a])).toEqual([a.name])
        expect(await apply([a, b])).toEqual([b.name])
        expect(await apply([a, b])).toEqual([])
      })
    })

    it('O-29: fail loudly when an applied file was edited, is gone, or a new one would come before it', async () => {
      await onEmpty(async apply => {
        await apply([a, b])
        await expect(apply([a, migration(b.name, 'SELECT 1')])).rejects.toThrow('0002-b.sql was edited')
        await expect(apply([a])).rejects.toThrow('0002-b.sql is applied, but its file is gone')
        const between = migration('0001-b.sql', 'SELECT 1')
        await expect(apply([a, between, b])).rejects.toThrow('0001-b.sql comes before 0002-b.sql')
      })
    })

    it('leave nothing of a file that fails, and keep those before it', async () => {
      await onEmpty(async (apply, { sql: select }) => {
        const broken = migration('0002-broken.sql', 'CREATE TABLE half (n integer); SELECT 1/0')
        await expect(apply([a, broken])).rejects.toThrow('migration 0002-broken.sql failed')
        expect(await select("SELECT to_regclass('half')::text AS found")).toEqual([{ found: null }])
        expect(await apply([a, b])).toEqual([b.name])
      })
    })

    it('0003: move the reasons of old resets out of their events', async () => {
      await onEmpty(async (apply, { sql: select }) => {
        const known = knownMigrations()
        await apply(known.slice(0, 2))
        const insert = `INSERT INTO events (portal_id, event_id, at, type, contact_id, actor, request_id, details)
                        VALUES ('acme', $1, now(), $2, 'c-1', '{}', 'req', '{"reason": "lost", "n": 1}')`
        await select(insert, ['evt_1', 'contact.reset'])
        await select(insert, ['evt_2', 'send.failed'])
        await apply(known)
        expect(
          await select(`SELECT e.event_id, e.details, r.reason, e.reason_hash = reason_hash(r.salt, r.reason) AS intact
                          FROM events e LEFT JOIN event_reasons r USING (portal_id, event_id, contact_id) ORDER BY 1`),
        ).toEqual([
          { event_id: 'evt_1', details: { n: 1 }, reason: 'lost', intact: true },
          { event_id: 'evt_2', details: { reason: 'lost', n: 1 }, reason: null, intact: null },
        ])
      })
    })

    it('reject as the driver does when the server is not there', async () => {
      const driver = openPg(`postgres://x@127.0.0.1:${await freePort()}/x`, 1, DEADLINE_MS)
      await expect(applyMigrations(driver, [a])).rejects.toThrow()
      await driver.close()
    })
  })
})

describe('PGlite in a folder', () => {
  it(
    'keeps what was committed, and makes the folder with those above it',
    async () => {
      const above = mkdtempSync(join(tmpdir(), 'portal-mfa-pglite-'))
      const folder = join(above, 'data', 'pglite')
      const opening = async () => {
        const driver = await openPglite(folder)
        return { driver, applied: await applyMigrations(driver, knownMigrations()) }
      }
      const first = await opening()
      expect(first.applied).toHaveLength(knownMigrations().length)
      await first.driver.close()
      const second = await opening()
      expect(second.applied).toEqual([])
      await second.driver.close()
      rmSync(above, { recursive: true, force: true })
    },
    OPEN_PATIENCE_MS,
  )
})
