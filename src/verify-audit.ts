/**
 * `npm run verify-audit [-- --portal acme] [--head file] [--export-head file]`: whether the events still are what was
 * sealed. A head that was exported earlier, and kept elsewhere, also shows what was cut off or written anew since.
 * Exit code 0: all is right; 1: something is wrong, or could not be looked at.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { makePostgresChainReading } from './adapters/postgres/chain-reading.ts'
import { type Database, openDatabase } from './adapters/postgres/open-database.ts'
import { ConfigError } from './config/reader.ts'
import { databaseUrl } from './config.ts'
import { MfaError } from './domain/errors.ts'
import { type ExportedHead, exportedHeadSchema, type Fault } from './domain/event-chain.ts'
import type { PortalId } from './domain/ids.ts'
import type { ChainReading } from './ports/event-chain.ts'
import { type AuditVerdict, makeVerifyAudit } from './usecases/verify-audit.ts'

/** ms for one page of the chain; nobody waits for an answer here. */
const DEADLINE_MS = 60_000

const faults: Record<Fault, string> = {
  seal_removed: 'a seal was removed',
  event_removed: 'the event was removed',
  event_changed: 'the event was edited, or is another one than was sealed here (inserted, reordered)',
  reason_changed: 'its reason was edited, or removed without an erasure of the contact',
  event_backdated: 'the event is dated long before what was sealed before it: inserted later',
  tail_cut: 'the end of the chain was cut off',
  head_differs: 'the chain is not the one whose head was kept: written anew',
  event_inserted: 'the event was inserted past the seal',
}

const options = { portal: { type: 'string' }, head: { type: 'string' }, 'export-head': { type: 'string' } } as const
const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function main(): Promise<boolean> {
  const { values } = parseArgs({ options })
  const exported = values.head === undefined ? [] : headsIn(values.head)
  const database = await openDatabase({ url: databaseUrl(), deadlineMs: DEADLINE_MS })
  try {
    await database.ping()
    const verdicts = await verify(database, values.portal, exported)
    const wrong = verdicts.filter(({ finding }) => finding !== null).length
    say(wrong > 0 ? `WRONG: ${wrong} of ${verdicts.length} portals` : `all right: ${verdicts.length} portals`)
    const file = values['export-head']
    if (file !== undefined && wrong === 0) exportHeads(file, verdicts)
    return wrong === 0
  } finally {
    await database.close()
  }
}

async function verify(
  database: Database,
  portal: string | undefined,
  exported: ExportedHead[],
): Promise<AuditVerdict[]> {
  const reading = makePostgresChainReading(database)
  const verifyAudit = makeVerifyAudit(reading)
  // A portal that is gone from the database still has its exported head.
  const known = new Set([...(await every(reading)), ...exported.map(({ portalId }) => portalId)])
  const asked = [...known].filter(portalId => portal === undefined || portalId === portal)
  if (portal !== undefined && asked.length === 0) throw new Error(`there is no portal ${portal}`)
  const verdicts: AuditVerdict[] = []
  for (const portalId of asked) {
    const verdict = await verifyAudit(portalId, exported.find(head => head.portalId === portalId) ?? null)
    say(told(verdict))
    verdicts.push(verdict)
  }
  return verdicts
}

async function every(reading: ChainReading): Promise<PortalId[]> {
  const all: PortalId[] = []
  for (;;) {
    const page = await reading.portals(all.at(-1) ?? null)
    if (page.length === 0) return all
    all.push(...page)
  }
}

function told({ portalId, finding, begin, head, waiting, compared }: AuditVerdict): string {
  const cut = begin.keptFrom === null ? '' : `; ${begin.seq} before ${begin.keptFrom} went by retention`
  const unseen = compared ? '' : '; the exported head lies before that and could not be compared'
  const rest = `${waiting} not sealed yet${cut}${unseen}`
  if (!finding) return `${portalId}: ok, ${head.seq - begin.seq} events sealed, ${rest}`
  const place = [finding.seq === null ? null : `position ${finding.seq}`, finding.eventId].filter(part => part !== null)
  return `${portalId}: WRONG at ${place.join(', ')}: ${faults[finding.fault]}; ${rest}`
}

const headsIn = (file: string): ExportedHead[] =>
  z.array(exportedHeadSchema).parse(JSON.parse(readFileSync(file, 'utf8')))

function exportHeads(file: string, verdicts: AuditVerdict[]): void {
  const heads = verdicts.map(({ head }) => head)
  writeFileSync(file, `${JSON.stringify(heads, null, 2)}\n`)
  say(`heads of ${heads.length} portals written to ${file}: keep it where nobody who can write the database can write`)
}

/** What a failure of the database says of itself lies in its cause. */
function problemOf(error: unknown): string {
  if (error instanceof ConfigError) return error.problems.join('; ')
  const cause = error instanceof MfaError ? error.cause : error
  return cause instanceof Error ? cause.message : 'failed'
}

try {
  process.exitCode = (await main()) ? 0 : 1
} catch (error) {
  process.stderr.write(`verify-audit: ${problemOf(error)}\n`)
  process.exitCode = 1
}
