/** How we use ioredis: nothing is queued while there is no connection, and nothing is sent again that may have run. */
import type { ConnectionOptions } from 'node:tls'
import { Cluster, Redis } from 'ioredis'

export interface RedisConfig {
  /** `redis://…` or `rediss://…`; several are nodes of one Cluster, with the credentials of the first. */
  urls: readonly string[]
  cluster: boolean
  /** Start even on a server that may evict keys. Default: false. */
  allowEviction?: boolean
  /** ms that one call may take. Default: 300. */
  deadlineMs?: number
}

export type Client = Redis | Cluster

type Scripts = Record<string, { lua: string; numberOfKeys: number }>

/** ms after which a connection that does not come about, or that owes an answer, is given up and made anew. */
const CONNECTION_PATIENCE_MS = 2000
/** Once connected, no wait between two tries is longer than this many ms. */
const RECONNECT_MAX_MS = 1000

/** ms between two looks at who has which slots: so soon a node that came back is connected again. */
const SLOTS_REFRESH_MS = 1000
/** ms until a command is sent again whose keys were on their way from one node of a Cluster to another. */
const TRY_AGAIN_MS = 20

const reconnect = (times: number): number => Math.min(50 * times, RECONNECT_MAX_MS)

/** What both kinds of client share. Charges must not be sent again: L-39, L-42, L-43, L-44 of the lessons. */
function commonOf({ deadlineMs = 0 }: RedisConfig) {
  // An answer may be owed for at least as long as a call may take.
  const patienceMs = Math.max(CONNECTION_PATIENCE_MS, deadlineMs)
  return {
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: CONNECTION_PATIENCE_MS,
    // A peer that vanished without a word is noticed by the answer it owes; TCP alone takes minutes.
    socketTimeout: patienceMs,
    // Calls have a deadline of their own; this one lets the client forget them, and bounds what it asks by itself.
    commandTimeout: patienceMs,
    // 1: reconnect, do not send again. After a fail-over the old master is a replica and says READONLY.
    reconnectOnError: (error: Error) => (/^(READONLY|LOADING)\b/.test(error.message) ? (1 as const) : false),
  }
}
type Common = ReturnType<typeof commonOf>

/** Makes a client that connects by itself, again and again for as long as it is open. */
export function makeClient(config: RedisConfig, scripts: Scripts): Client {
  const nodes = config.urls.map(parseNode)
  const [first] = nodes
  if (!first) throw new Error('no Redis address')
  const common = commonOf(config)
  const client = config.cluster ? makeCluster(nodes, first, common, scripts) : makeSingle(first, common, scripts)
  // A lost connection shows in the calls that fail; without a listener ioredis would write it to the console.
  client.on('error', () => {})
  return client
}

const makeSingle = (node: Node, common: Common, scripts: Scripts): Redis =>
  new Redis({ ...common, ...node, enableOfflineQueue: false, retryStrategy: reconnect, scripts })

function makeCluster(nodes: Node[], first: Node, common: Common, scripts: Scripts): Cluster {
  const { username, password, tls } = first
  const cluster = new Cluster(
    nodes.map(({ host, port }) => ({ host, port })),
    {
      scripts,
      enableOfflineQueue: false,
      clusterRetryStrategy: reconnect,
      // These delays would send a command again that may have been executed, or whose caller has given up; see send.ts.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      // A command whose keys are on their way to another node has been refused before it did anything.
      retryDelayOnTryAgain: TRY_AGAIN_MS,
      slotsRefreshTimeout: CONNECTION_PATIENCE_MS,
      slotsRefreshInterval: SLOTS_REFRESH_MS,
      // Names in the answers of CLUSTER SLOTS are looked up by each connection, as TLS certificates need it (L-47).
      dnsLookup: (name, found) => found(null, name),
      redisOptions: {
        ...common,
        ...(username ? { username } : {}),
        ...(password ? { password } : {}),
        ...(tls ? { tls } : {}),
      },
    },
  )
  // Without the offline queue a node that is just connecting refuses calls: so connect before the first one comes, to
  // replicas too, which may be masters soon; but not before the Cluster is ready, since its own first question would be
  // refused likewise.
  const connect = (node: Redis) => {
    if (cluster.status === 'ready' && node.status === 'wait') node.connect().catch(() => {})
  }
  cluster.on('ready', () => cluster.nodes().forEach(connect))
  cluster.on('+node', (node: Redis) => {
    setImmediate(connect, node)
    finishBeforeLeaving(node, cluster)
  })
  return cluster
}

const finished = new WeakSet<Redis>()

/** Whether a node of a Cluster has answered everything that it was asked, and is asked nothing any more. */
export const hasFinished = (node: Redis): boolean => finished.has(node)

/**
 * A master that becomes a replica has no place among the nodes for a moment, and ioredis would cut its connection: what it
 * was just asked, or holds back until the change is over, would stay open, though its answer, and be it MOVED, will come.
 */
function finishBeforeLeaving(node: Redis, cluster: Cluster): void {
  const disconnect = node.disconnect.bind(node)
  node.disconnect = reconnect => {
    if (reconnect || node.status !== 'ready' || cluster.status !== 'ready') return disconnect(reconnect)
    node.quit().then(
      () => finished.add(node),
      () => disconnect(),
    )
  }
}

interface Node {
  host: string
  port: number
  db: number
  username?: string
  password?: string
  tls?: ConnectionOptions
}

/** Throws without repeating the address, which may hold a password. */
function parseNode(url: string): Node {
  if (!URL.canParse(url)) throw new Error('a Redis address is not a URL')
  const { protocol, hostname, port, username, password, pathname } = new URL(url)
  if (protocol !== 'redis:' && protocol !== 'rediss:')
    throw new Error('a Redis address must begin with redis:// or rediss://')
  return {
    host: hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: Number(port || 6379),
    db: Number(pathname.slice(1) || 0),
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  }
}
