/** AUD-1: the operator runs `npm run verify-audit` as the README says, and sees what somebody did. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
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

function run(args: string[], environment = {}): Promise<{ code: unknown; out: string; err: string }> {
  const options = { env: { PATH: process.env.PATH, DATABASE_URL: testDatabase.url, ...environment } }
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
  for (const story of [acme, globex])
    expect(exported).toContainEqual({ portalId: story?.portalId, seq: 0, hash: '0'.repeat(64), at: null })
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

describe('AUD-1: heads that were exported are never overwritten', () => {
  const file = join(folder, 'kept.json')
  let initech: ChainStory
  const verify = (environment = {}) =>
    run(['--portal', initech.portalId, '--head', heads, '--export-head', file], environment)
  const exported = (seq: number, at: string) => ({ portalId: initech.portalId, seq, hash: 'ab'.repeat(32), at })

  beforeEach(async () => {
    initech = await makeChainStory({ database, sql: testDatabase.sql })
    await initech.recordAndSeal(5)
    rmSync(file, { force: true })
  })

  it('by those of a cut by hand, though no other file is compared', async () => {
    const other = { ...exported(7, '2026-03-01T00:00:00.000Z'), portalId: 'other' }
    writeFileSync(file, JSON.stringify([other]))
    expect(await verify()).toMatchObject({ code: 0 })
    await initech.recordAndSeal(5)
    expect(await verify()).toMatchObject({ code: 0, out: expect.stringContaining('all right: 1 portals\n') })
    const kept = readFileSync(file, 'utf8')
    expect(JSON.parse(kept)).toContainEqual(other)
    expect(JSON.parse(kept)).toContainEqual(expect.objectContaining({ portalId: initech.portalId, seq: 10 }))

    await initech.byHand(
      "UPDATE events SET type = 'contact.reset' WHERE portal_id = $1",
      `INSERT INTO event_checkpoints (portal_id, seq, hash, kept_from, cut_at)
       SELECT $1, 1000000, decode(repeat('ab', 32), 'hex'), now(), now()`,
    )
    const forged = await verify()
    expect(forged).toMatchObject({ code: 1, out: expect.stringContaining('WRONG: 1 of 1 portals\n') })
    expect(forged.out).toContain(': WRONG at position 1000000: retention cannot have deleted up to there')
    expect(readFileSync(file, 'utf8')).toBe(kept)
  })

  it('where none of them could be compared', async () => {
    await initech.byHand(
      `INSERT INTO event_checkpoints (portal_id, seq, hash, kept_from, cut_at)
       SELECT portal_id, seq, hash, now() - interval '401 days', now() FROM event_seals WHERE portal_id = $1 AND seq = 3`,
      'DELETE FROM events WHERE portal_id = $1 AND event_id IN (SELECT event_id FROM event_seals WHERE portal_id = $1 AND seq <= 3)',
      'DELETE FROM event_seals WHERE portal_id = $1 AND seq <= 3',
    )
    const kept = JSON.stringify([exported(2, new Date(Date.now() - 402 * 86_400_000).toISOString())])
    writeFileSync(file, kept)
    const unseen = await verify()
    expect(unseen).toMatchObject({ code: 1, out: expect.stringContaining('NOT COMPARED: 1 of 1 portals\n') })
    expect(unseen.out).toContain('the exported heads lie before that and COULD NOT BE COMPARED')
    expect((await verify({ AUDIT_RETENTION_DAYS: '500' })).out).toContain(
      `${initech.portalId}: WRONG at position 3: more was deleted than AUDIT_RETENTION_DAYS allows`,
    )
    expect(await verify({ AUDIT_RETENTION_DAYS: '0' })).toMatchObject({ code: 1 })
    expect(readFileSync(file, 'utf8')).toBe(kept)

    rmSync(file)
    expect(await verify()).toMatchObject({ code: 0 })
    expect(await verify({ AUDIT_RETENTION_DAYS: '0' })).toMatchObject({ code: 0 })
  })
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
    run(['--export-head', file]),
    run([], { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }),
    run([], { DATABASE_URL: empty.url }),
    run([], { DATABASE_URL: '' }),
    run([], { AUDIT_RETENTION_DAYS: 'long' }),
  ])
  await empty.drop()
  for (const { code, out, err } of failures) {
    expect(code).toBe(1)
    expect(out).toBe('')
    expect(err).toMatch(/^verify-audit: ./)
  }
})
