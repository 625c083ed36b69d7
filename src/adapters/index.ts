/** Which technology serves which port: the only place that chooses. */
import type { Config } from '../config.ts'
import type { Channel } from '../domain/methods/method.ts'
import type { MessageSender } from '../ports/message-sender.ts'
import type { Ports } from '../ports/ports.ts'
import type { Dependency } from '../ports/readiness.ts'
import type { SealedDestinations } from '../ports/sealed-destinations.ts'
import { openSesSender } from './aws/ses-sender.ts'
import { openSnsSender } from './aws/sns-sender.ts'
import { type Inbox, makeInbox } from './inbox/inbox.ts'
import { makeMemoryCodeStore } from './memory/code-store.ts'
import { makeMemoryIdempotencyRecords } from './memory/idempotency-records.ts'
import { makeMemorySendLimits } from './memory/send-limits.ts'
import { makeClientTokens } from './node/client-tokens.ts'
import { makeSystemClock } from './node/clock.ts'
import { checkMasterKeys, openKeyRotation } from './node/key-rotation.ts'
import { random } from './node/random.ts'
import { openSecrecy } from './node/secrecy.ts'
import { openSigningKeys, type SigningKeys } from './node/signing-keys.ts'
import { accessTokenKeys, makeTokens } from './node/tokens.ts'
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
import { makeRedisCodeStore } from './redis/code-store.ts'
import { makeRedisIdempotencyRecords } from './redis/idempotency-records.ts'
import { openRedis } from './redis/open-redis.ts'
import { makeRedisSendLimits } from './redis/send-limits.ts'
import { makeSenderByChannel } from './sender-by-channel.ts'

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
  const database = await openDatabase({ ...config.database, ...deadline }, clockOffsetMs, onStatement)
  const closing: (() => unknown)[] = [() => database.close()]
  const close = async () => {
    for (const step of closing.toReversed()) await step()
  }
  try {
    if (config.mode === 'embedded') await database.migrate()
    const stores = await openStores(config, clockOffsetMs, deadline, closing)
    const { sender, inbox } = openSender(config, print, closing)
    const served = databasePorts(database)
    const keys = await openKeys(config, database, served.sealedDestinations)
    const { meter, metrics } = makeMeter()
    const ports: Ports = {
      ...served,
      ...stores.ports,
      ...keys.ports,
      sender,
      random,
      clock: makeSystemClock(),
      meter,
      dependencies: [database, ...stores.dependencies],
    }
    return {
      ports: wrapPorts(ports),
      signingKeys: keys.signingKeys,
      accessTokenKeys: keys.accessTokenKeys,
      metrics,
      newRequestId: () => `req_${random.secret().slice(0, 22)}`,
      inbox,
      close,
    }
  } catch (error) {
    await close()
    throw error
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

/** What needs the master keys. Rejects when they are not those that the database was used with. */
async function openKeys(
  { secrets: { masterKeys }, http }: Config,
  database: Database,
  destinations: SealedDestinations,
) {
  const keyRing = makePostgresKeyRing(database)
  await checkMasterKeys(masterKeys, keyRing, destinations)
  const signingKeys = await openSigningKeys(masterKeys, keyRing)
  const ports = {
    secrecy: await openSecrecy(masterKeys, keyRing),
    keyRotation: await openKeyRotation(masterKeys, keyRing),
    tokens: makeTokens(http.publicUrl, masterKeys, signingKeys, makeSystemClock()),
    clientTokens: makeClientTokens(http.publicUrl),
  }
  return { ports, signingKeys, accessTokenKeys: accessTokenKeys(masterKeys) }
}

type StorePorts = Pick<Ports, 'codes' | 'sendLimits' | 'idempotency'>

async function openStores(
  config: Config,
  clockOffsetMs: () => number,
  deadline: { deadlineMs?: number },
  closing: (() => unknown)[],
): Promise<{ ports: StorePorts; dependencies: Dependency[] }> {
  if (config.redis.kind === 'memory') {
    const clock = makeSystemClock(clockOffsetMs)
    const now = () => clock.now().getTime()
    const ports = {
      codes: makeMemoryCodeStore(now),
      sendLimits: makeMemorySendLimits(now),
      idempotency: makeMemoryIdempotencyRecords(now),
    }
    return { ports, dependencies: [] }
  }
  const redis = await openRedis({ ...config.redis, ...deadline }, clockOffsetMs)
  closing.push(() => redis.close())
  await redis.checkPolicy()
  const ports = {
    codes: makeRedisCodeStore(redis),
    sendLimits: makeRedisSendLimits(redis),
    idempotency: makeRedisIdempotencyRecords(redis),
  }
  return { ports, dependencies: [redis] }
}

function openSender({ sms, email }: Config, print: Probes['print'], closing: (() => unknown)[]) {
  const clock = makeSystemClock()
  const inbox = makeInbox({ now: clock.now, ...(print ? { print } : {}) })
  const senders: Record<Channel, MessageSender> = { sms: inbox, email: inbox }
  if (sms.kind === 'sns') {
    const sns = openSnsSender(sms)
    closing.push(sns.close)
    senders.sms = sns
  }
  if (email.kind === 'ses') {
    const ses = openSesSender(email)
    closing.push(ses.close)
    senders.email = ses
  }
  const used = sms.kind === 'inbox' || email.kind === 'inbox'
  return { sender: makeSenderByChannel(senders), inbox: used ? inbox : null }
}
