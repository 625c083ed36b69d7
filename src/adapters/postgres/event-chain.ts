import { z } from 'zod'
import { chainHash, type SealableEvent } from '../../domain/event-chain.ts'
import { type PortalId, portalIdSchema } from '../../domain/ids.ts'
import type { EventChain } from '../../ports/event-chain.ts'
import { eventFrom, sealableColumns, seqSchema } from './chain-row.ts'
import { withCustomPlans } from './custom-plans.ts'
import type { Door } from './door.ts'
import type { Database } from './open-database.ts'
import { loadStatement } from './sql.ts'

const ofPortal = z.object({ portal_id: portalIdSchema })
const nothing = z.object({})

const chainSchema = z.object({
  seq: seqSchema,
  hash: z.string(),
  reached_in: z.string(),
  reached_id: z.string(),
  complete_below: z.string(),
  now: z.string(),
  restored: z.boolean(),
})
type ChainRow = z.infer<typeof chainSchema>

const toSealSchema = z.object({ recorded_in: z.string(), sealed: z.boolean(), ...sealableColumns })
type ToSealRow = z.infer<typeof toSealSchema>

const portalsToSeal = loadStatement('portals-to-seal', ofPortal)
const beginChain = loadStatement('begin-chain', nothing)
const lockChain = loadStatement('lock-chain', ofPortal)
const chainReached = loadStatement('chain-reached', chainSchema)
const eventsToSeal = loadStatement('events-to-seal', toSealSchema)
const appendSeals = loadStatement('append-seals', nothing)
const portalsToPrune = loadStatement('portals-to-prune', ofPortal)
const asRetention = loadStatement('as-retention', nothing)
const pruneEvents = loadStatement('prune-events', z.object({ pruned: z.int() }))

/** Sealing and pruning of events in Postgres. */
export function makePostgresEventChain(database: Database): EventChain {
  const ids = (rows: z.infer<typeof ofPortal>[]) => rows.map(({ portal_id }) => portal_id)
  return {
    portalsToSeal: async () => ids(await database.run(portalsToSeal, {})),
    seal: (portalId, max) => withCustomPlans(database, door => seal(door, portalId, max)),
    portalsToPrune: async days => ids(await database.run(portalsToPrune, { days })),
    prune: (portalId, days, max) =>
      withCustomPlans(database, async door => {
        if ((await door.run(lockChain, { portal_id: portalId })).length === 0) return 0
        await door.run(asRetention, {})
        const [row] = await door.run(pruneEvents, { portal_id: portalId, days, max })
        return row?.pruned ?? 0
      }),
  }
}

async function seal(door: Door, portalId: PortalId, max: number): Promise<number> {
  const portal = { portal_id: portalId }
  await door.run(beginChain, portal)
  if ((await door.run(lockChain, portal)).length === 0) return 0
  const [chain] = await door.run(chainReached, portal)
  if (!chain) return 0
  const rows = await door.run(eventsToSeal, { ...portal, ...windowOf(chain), max })
  if (rows.length === 0 && !chain.restored) return 0
  const unsealed = rows.filter(({ sealed }) => !sealed)
  const hashes = hashesAfter(chain, portalId, unsealed.map(eventFrom))
  await door.run(appendSeals, {
    ...portal,
    seq: chain.seq,
    sealed_at: chain.now,
    event_ids: unsealed.map(({ event_id }) => event_id),
    hashes,
    hash: hashes.at(-1) ?? chain.hash,
    ...reachedAfter(chain, rows, max),
  })
  return rows.length
}

/** More than any transaction. */
const NO_BOUND = String(2n ** 64n - 1n)

/**
 * Which events to look at: from where sealing stopped up to the oldest transaction that runs. On a server that counts its
 * transactions anew, first those of the old server that it had not come to, and then the new ones, from the beginning.
 */
function windowOf({ restored, reached_in, reached_id, complete_below }: ChainRow) {
  if (!restored) return { after_in: reached_in, after_id: reached_id, below: complete_below }
  return BigInt(reached_in) < BigInt(complete_below)
    ? { after_in: complete_below, after_id: '', below: NO_BOUND }
    : { after_in: reached_in, after_id: reached_id, below: NO_BOUND }
}

function hashesAfter(chain: ChainRow, portalId: PortalId, events: SealableEvent[]): string[] {
  let { seq, hash } = chain
  return events.map(event => {
    seq += 1
    hash = chainHash(hash, { portalId, seq, sealedAt: chain.now }, event)
    return hash
  })
}

/** Fewer than asked for: they were all there are to look at. */
function reachedAfter(chain: ChainRow, rows: ToSealRow[], max: number) {
  const last = rows.at(-1)
  if (rows.length === max && last) return { reached_in: last.recorded_in, reached_id: last.event_id }
  return { reached_in: chain.restored ? '0' : chain.complete_below, reached_id: '' }
}
