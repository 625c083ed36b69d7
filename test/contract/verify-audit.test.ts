/** AUD-1: the operator runs `npm run verify-audit` as the README says, and sees what somebody did. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/adapters/postgres/open-database.ts'
import { createDatabase, createEmptyDatabase, sharedPostgres, type TestDatabase } from '../support/postgres.ts'
import { type ChainStory, makeChainStory } from './sample-chains.ts'

const script = fileURLToPath(new URL('../../src/verify-audit.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'portal-mfa-heads-'))
const heads = join(folder, 'heads.json')

let testDatabase: TestDatabase
let database: Database
let [acme, globex]: ChainStory[] = []

beforeAll(async () => {
  testDatabase = await createDatabase((await sharedPostgres()).url)
  database = await openDatabase({ url: testDatabase.url, deadlineMs: 20_000 })
  acme = await makeChainStory({ database, sql: testDatabase.sql })
  globex = await makeChainStory({ database, sql: testDatabase.sql })
  await acme.recordAtOnce(1100)
  await acme.seal()
  await globex.recordAndSeal(3)
  await globex.record(2)
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await database?.close()
  await testDatabase?.drop()
})

function run(args: string[], url = testDatabase.url): Promise<{ code: unknown; out: string; err: string }> {
  const options = { env: { PATH: process.env.PATH, DATABASE_URL: url } }
  return new Promise(resolve => {
    execFile(process.execPath, [script, ...args], options, (error, out, err) =>
      resolve({ code: error ? error.code : 0, out, err }),
    )
  })
}

it('AUD-1: tells each portal’s state, exports its heads, and finds what was done since', async () => {
  const ok = await run(['--export-head', heads])
  expect(ok.err).toBe('')
  expect(ok.out).toContain(`${acme?.portalId}: ok, 1000 events sealed, 100 not sealed yet\n`)
  expect(ok.out).toContain(`${globex?.portalId}: ok, 3 events sealed, 2 not sealed yet\n`)
  expect(ok).toMatchObject({ code: 0, out: expect.stringContaining('all right: 2 portals\n') })
  const exported = JSON.parse(readFileSync(heads, 'utf8'))
  expect(exported).toHaveLength(2)
  expect(exported).toContainEqual({
    portalId: globex?.portalId,
    seq: 3,
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    at: expect.stringMatching(/Z$/),
  })

  await globex?.byHand(
    'DELETE FROM events WHERE portal_id = $1',
    'DELETE FROM event_seals WHERE portal_id = $1',
    'DELETE FROM event_chains WHERE portal_id = $1',
    'DELETE FROM portals WHERE portal_id = $1',
  )
  expect(await run([])).toMatchObject({ code: 0 })
  const cut = await run(['--head', heads, '--export-head', join(folder, 'not-written.json')])
  expect(cut).toMatchObject({ code: 1, out: expect.stringContaining('WRONG: 1 of 2 portals\n') })
  expect(cut.out).toContain(
    `${globex?.portalId}: WRONG at position 1: the end of the chain was cut off; 0 not sealed yet\n`,
  )
  expect(() => readFileSync(join(folder, 'not-written.json'))).toThrow('ENOENT')

  const eventId = await acme?.eventAt(900)
  await acme?.byHand(`UPDATE events SET type = 'contact.reset' WHERE portal_id = $1 AND event_id = '${eventId}'`)
  const edited = await run(['--portal', acme?.portalId ?? ''])
  expect(edited).toMatchObject({ code: 1, out: expect.stringContaining('WRONG: 1 of 1 portals\n') })
  expect(edited.out).toContain(`${acme?.portalId}: WRONG at position 900, ${eventId}: the event was edited`)
})

it('AUD-1: never says that all is right when it could not look', async () => {
  const file = join(folder, 'broken.json')
  writeFileSync(file, '[{"portalId": "acme", "seq": 1}]')
  const empty = await createEmptyDatabase((await sharedPostgres()).url)
  const failures = await Promise.all([
    run(['--portal', 'no-such-portal']),
    run(['--head', join(folder, 'missing.json')]),
    run(['--head', file]),
    run(['--heads', heads]),
    run([], 'postgres://nobody@127.0.0.1:1/none'),
    run([], empty.url),
    run([], ''),
  ])
  await empty.drop()
  for (const { code, out, err } of failures) {
    expect(code).toBe(1)
    expect(out).toBe('')
    expect(err).toMatch(/^verify-audit: ./)
  }
})
