/** Which technology serves which port: the only place that chooses. */
import type { Config } from '../config.ts'
import type { Ports } from '../ports/ports.ts'
import type { Inbox } from './inbox/inbox.ts'
import { openKeys } from './keys.ts'
import { makeSystemClock } from './node/clock.ts'
import { random } from './node/random.ts'
import type { SigningKeys } from './node/signing-keys.ts'
import { makePostgresApiClients } from './postgres/api-clients.ts'
import { makePostgresContacts } from './postgres/contacts.ts'
import { makePostgresEventChain } from './postgres/event-chain.ts'
import { makePostgresEvents } from './postgres/events.ts'
import { makePostgresGuessWatch } from './postgres/guess-watch.ts'
import { makePostgresHousekeeping } from './postgres/housekeeping.ts'
import { makePostgresKeyRing } from './postgres/key-ring.ts'
import { type Database, openDatabase } from './postgres/open-database.ts'
import { makePostgresPortals } from './postgres/portals.ts'
import { makePostgresSealedDestinations } from './postgres/sealed-destinations.ts'
import { makePostgresSettlement } from './postgres/settlement.ts'
import { makeMeter } from './prometheus/meter.ts'
import { openSender } from './senders.ts'
import { openStores } from './stores.ts'

/** What tests move or watch; production leaves it alone. */
export interface Probes {
  /** Added to the clocks of the stores, in ms. */
  clockOffsetMs?: () => number
  onStatement?: (text: string, params: readonly unknown[]) => void
  /** ms for Postgres and Redis, where a busy machine is not what a test is about. */
  deadlineMs?: number
  /** Stands between the use cases and what they reach, to fail or end the process there. */
  wrapPorts?: (ports: Ports) => Ports
  /** Prints a line to the console; embedded mode shows its messages there. */
  print?: (line: string) => void
}

export interface Adapters {
  ports: Ports
  signingKeys: SigningKeys
  accessTokenKeys: { kid: string; key: Buffer }[]
  metrics: () => Promise<{ contentType: string; body: string }>
  newRequestId: () => string
  /** Where messages go that are not sent by a provider. */
  inbox: Inbox | null
  close(): Promise<void>
}

/** Opens what the configuration names. Rejects when the database cannot be reached: without its keys nothing can be signed. */
export async function openAdapters(config: Config, probes: Probes = {}): Promise<Adapters> {
  const { clockOffsetMs = () => 0, onStatement, print, deadlineMs, wrapPorts = ports => ports } = probes
  const deadline = deadlineMs === undefined ? {} : { deadlineMs }
  const clock = makeSystemClock()
  // What was opened before something fails is closed again.
  await using closing = new AsyncDisposableStack()

  const database = await openDatabase({ ...config.database, ...deadline }, clockOffsetMs, onStatement)
  closing.defer(database.close)
  if (config.mode === 'embedded') await database.migrate()
  const stores = await openStores(config.redis, clockOffsetMs, deadline, closing)
  const { sender, inbox } = openSender(config, { now: clock.now, ...(print ? { print } : {}) }, closing)
  const served = databasePorts(database)
  const keys = await openKeys(config, makePostgresKeyRing(database), served.sealedDestinations, clock)
  const { meter, metrics } = makeMeter()
  const ports = wrapPorts({
    ...served,
    ...stores.ports,
    ...keys.ports,
    sender,
    random,
    clock,
    meter,
    dependencies: [database, ...stores.dependencies],
  })
  const opened = closing.move()
  return {
    ports,
    signingKeys: keys.signingKeys,
    accessTokenKeys: keys.accessTokenKeys,
    metrics,
    newRequestId: () => `req_${random.secret().slice(0, 22)}`,
    inbox,
    close: () => opened.disposeAsync(),
  }
}

/** Everything that the database serves. */
const databasePorts = (database: Database) => ({
  portals: makePostgresPortals(database),
  apiClients: makePostgresApiClients(database),
  contacts: makePostgresContacts(database),
  settlement: makePostgresSettlement(database),
  events: makePostgresEvents(database),
  guesses: makePostgresGuessWatch(database),
  eventChain: makePostgresEventChain(database),
  sealedDestinations: makePostgresSealedDestinations(database),
  housekeeping: makePostgresHousekeeping(database),
})
