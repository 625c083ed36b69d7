/** A Redis Cluster for tests: three masters, and a replica of each where it is asked for. */
import { Redis } from 'ioredis'
import { freePort } from './ports.ts'
import { accessTo, type OwnRedis, type OwnServers, startRedis, until, untilItFollows } from './redis.ts'

export interface RedisCluster extends OwnServers {
  /** The masters at the start, each with a third of the slots. */
  masters: OwnRedis[]
  /** One for each master, in the same order; or none. */
  replicas: OwnRedis[]
}

/**
 * Three masters that share the slots, on request with a replica each that takes over `nodeTimeoutMs` after its master's
 * death; without replicas nobody does, and nodes that a busy machine lets pause are not to be taken for dead.
 */
export async function startRedisCluster(
  asked: { replicas?: boolean; nodeTimeoutMs?: number } = {},
): Promise<RedisCluster> {
  const { replicas = false, nodeTimeoutMs = replicas ? 2000 : 15_000 } = asked
  const nodes = await Promise.all(Array.from({ length: replicas ? 6 : 3 }, () => startNode(nodeTimeoutMs)))
  const each = async (work: (server: OwnRedis) => unknown) => {
    await Promise.all(nodes.map(({ server }) => work(server)))
  }
  const stop = () => each(server => server.stop())
  try {
    await joinCluster(nodes)
  } catch (error) {
    await stop()
    throw error
  }
  const servers = nodes.map(({ server }) => server)
  const masters = servers.slice(0, 3)
  return {
    ...accessTo(masters.map(({ url }) => url)),
    masters,
    replicas: servers.slice(3),
    pause: () => void each(server => server.pause()),
    resume: () => void each(server => server.resume()),
    stop,
  }
}

/** Connections of our own to every node; whoever asks for them ends them. */
export function connectToAll({ masters, replicas }: RedisCluster): Redis[] {
  return [...masters, ...replicas].map(({ url }) => {
    const node = new Redis(url)
    node.on('error', () => {})
    return node
  })
}

interface ClusterNode {
  server: OwnRedis
  bus: number
}

async function startNode(nodeTimeoutMs: number): Promise<ClusterNode> {
  const [port, bus] = [await freePort(), await freePort()]
  const options = ['--cluster-enabled', 'yes', '--cluster-port', `${bus}`, '--cluster-node-timeout', `${nodeTimeoutMs}`]
  return { server: await startRedis({ port, options }), bus }
}

/** The first three become masters; those after them the replicas of these, in the same order. */
async function joinCluster(nodes: ClusterNode[]): Promise<void> {
  const servers = nodes.map(({ server }) => server)
  const [masters, replicas] = [servers.slice(0, 3), servers.slice(3)]
  for (const [index, { tell }] of masters.entries()) {
    const [from = 0, to = 0] = [index, index + 1].map(part => Math.round((16_384 / masters.length) * part))
    await tell('CLUSTER', 'ADDSLOTSRANGE', `${from}`, `${to - 1}`)
  }
  for (const [index, { server, bus }] of nodes.entries()) {
    await server.tell('CLUSTER', 'SET-CONFIG-EPOCH', `${index + 1}`)
    if (index > 0) await masters[0]?.tell('CLUSTER', 'MEET', '127.0.0.1', `${server.port}`, `${bus}`)
  }
  await until('the Cluster', async () => {
    const infos = await Promise.all(servers.map(({ tell }) => tell('CLUSTER', 'INFO')))
    return infos.every(
      info => /cluster_state:ok/.test(`${info}`) && `${info}`.includes(`cluster_known_nodes:${nodes.length}`),
    )
  })
  for (const [index, replica] of replicas.entries()) {
    await replica.tell('CLUSTER', 'REPLICATE', String(await masters[index]?.tell('CLUSTER', 'MYID')))
    await untilItFollows(replica)
  }
}
