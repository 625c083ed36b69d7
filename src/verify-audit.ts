/**
 * `npm run verify-audit [-- --portal acme] [--head file] [--export-head file]`: whether the events still are what was
 * sealed. Heads that were exported earlier, and kept elsewhere, also show what was cut off or written anew since; those in
 * the file that is exported to are compared before it is written. AUDIT_RETENTION_DAYS says what retention may have deleted.
 * Exit code 0: all is right; 1: something is wrong, or could not be looked at.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { makeSystemClock } from './adapters/node/clock.ts'
import { makePostgresChainReading } from './adapters/postgres/chain-reading.ts'
import { openDatabase } from './adapters/postgres/open-database.ts'
import { ConfigError } from './config/reader.ts'
import { auditRetentionDays, databaseUrl } from './config.ts'
import { MfaError } from './domain/errors.ts'
import { type ExportedHead, exportedHeadSchema, type Fault } from './domain/event-chain.ts'
import type { PortalId } from './domain/ids.ts'
import type { ChainReading } from './ports/event-chain.ts'
import { type Auditing, type AuditVerdict, makeVerifyAudit } from './usecases/verify-audit.ts'

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
  cut_beyond_head: 'retention cannot have deleted up to there, since the chain does not reach that far',
  cut_early: 'more was deleted than AUDIT_RETENTION_DAYS allows: by hand, or under a shorter one',
}

const options = { portal: { type: 'string' }, head: { type: 'string' }, 'export-head': { type: 'string' } } as const
const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function main(): Promise<boolean> {
  const { portal, head, 'export-head': target } = parseArgs({ options }).values
  const earlier = target !== undefined && existsSync(target) ? headsIn(target) : []
  const exported = head === undefined || head === target ? earlier : [...headsIn(head), ...earlier]
  const retentionDays = auditRetentionDays()
  const database = await openDatabase({ url: databaseUrl(), deadlineMs: DEADLINE_MS })
  try {
    await database.ping()
    const auditing = { chain: makePostgresChainReading(database), clock: makeSystemClock(), retentionDays }
    const verdicts = await verify(auditing, portal, exported)
    const right = summed(verdicts)
    if (target !== undefined && right) exportHeads(target, verdicts, earlier)
    return right
  } finally {
    await database.close()
  }
}

async function verify(
  auditing: Auditing,
  portal: string | undefined,
  exported: ExportedHead[],
): Promise<AuditVerdict[]> {
  const verifyAudit = makeVerifyAudit(auditing)
  // A portal that is gone from the database still has its exported heads.
  const known = new Set([...(await every(auditing.chain)), ...exported.map(({ portalId }) => portalId)])
  const asked = [...known].filter(portalId => portal === undefined || portalId === portal)
  if (portal !== undefined && asked.length === 0) throw new Error(`there is no portal ${portal}`)
  const verdicts: AuditVerdict[] = []
  for (const portalId of asked) {
    const verdict = await verifyAudit(
      portalId,
      exported.filter(head => head.portalId === portalId),
    )
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
  const unseen = compared ? '' : '; the exported heads lie before that and COULD NOT BE COMPARED'
  const rest = `${waiting} not sealed yet${cut}${unseen}`
  if (!finding) return `${portalId}: ok, ${head.seq - begin.seq} events sealed, ${rest}`
  const place = [finding.seq === null ? null : `position ${finding.seq}`, finding.eventId].filter(part => part !== null)
  return `${portalId}: WRONG at ${place.join(', ')}: ${faults[finding.fault]}; ${rest}`
}

/** Says whether all is right: nothing is wrong, and nothing that was exported went uncompared. */
function summed(verdicts: AuditVerdict[]): boolean {
  const wrong = verdicts.filter(({ finding }) => finding !== null).length
  const unseen = verdicts.filter(({ compared }) => !compared).length
  const of = `of ${verdicts.length} portals`
  if (wrong > 0) say(`WRONG: ${wrong} ${of}`)
  else if (unseen > 0) say(`NOT COMPARED: ${unseen} ${of}`)
  else say(`all right: ${verdicts.length} portals`)
  return wrong === 0 && unseen === 0
}

const headsIn = (file: string): ExportedHead[] =>
  z.array(exportedHeadSchema).parse(JSON.parse(readFileSync(file, 'utf8')))

/** `earlier`: what the file holds, which stays for portals that were not asked for. */
function exportHeads(file: string, verdicts: AuditVerdict[], earlier: ExportedHead[]): void {
  const asked = new Set(verdicts.map(({ portalId }) => portalId))
  const heads = [...earlier.filter(({ portalId }) => !asked.has(portalId)), ...verdicts.flatMap(({ heads }) => heads)]
  const lines = heads.map(head => JSON.stringify(head))
  // Beside it first: a disk that is full must not cost the heads that are there.
  writeFileSync(`${file}.new`, `[\n${lines.join(',\n')}\n]\n`)
  renameSync(`${file}.new`, file)
  say(
    `heads of ${verdicts.length} portals written to ${file}: keep it where nobody who can write the database can write`,
  )
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
