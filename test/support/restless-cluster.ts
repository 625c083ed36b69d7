/** A Redis Cluster that is never left alone: slots that have keys move all the time, and replicas take over by agreement. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { accessTo, type OwnServers, until } from './redis.ts'
import { connectToAll, startRedisCluster } from './redis-cluster.ts'
import { moveSlots } from './slots.ts'

/** What has happened to all of them together. */
export const restlessness = { moves: 0, failOvers: 0 }

/** ms between two moves. */
const PAUSE_MS = 50
/** Between two fail-overs are so many moves; before the first of a Cluster half as many. */
const MOVES_PER_FAIL_OVER = 20
/** Nodes that a test lets pause, or that a busy machine does, are not to be taken for dead. */
const NODE_TIMEOUT_MS = 5000
/** So long a replica tries to take over by agreement, as Redis has it, and a second more. */
const AGREED_FAIL_OVER_MS = 6000
/** So long a node takes its next election for its last one. */
const BETWEEN_ELECTIONS_MS = 4 * NODE_TIMEOUT_MS

/** `failOvers`: each makes callers wait for a moment that the deadlines of production would not give it. */
export async function startRestlessCluster({ failOvers }: { failOvers: boolean }): Promise<OwnServers> {
  const cluster = await startRedisCluster({ replicas: true, nodeTimeoutMs: NODE_TIMEOUT_MS })
  const nodes = connectToAll(cluster)
  const elected = new Map<Redis, number>()
  let stopped = false
  let last: Promise<unknown> = Promise.resolve()

  /** One thing at a time: a key that travels would escape those who look for it. */
  function alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work)
    last = mine.catch(() => {})
    return mine
  }
  const access = <T>(work: (masters: ReturnType<typeof accessTo>) => Promise<T>): Promise<T> =>
    alone(async () => {
      await untilTheyAgree(nodes)
      return work(accessTo((await inRole(nodes, 'master')).map(urlOf)))
    })

  async function stir(): Promise<void> {
    for (let at = 1; !stopped; at++) {
      await alone(async () => {
        await untilTheyAgree(nodes)
        const itIsTime = failOvers && at % MOVES_PER_FAIL_OVER === MOVES_PER_FAIL_OVER / 2
        await (itIsTime ? failOver(nodes, elected) : moveOne(nodes))
      })
      await wait(PAUSE_MS)
    }
  }
  const stirring = stir()
  // Whoever stops it hears of its failure.
  stirring.catch(() => {})

  return {
    url: cluster.url,
    flush: () => access(masters => masters.flush()),
    flushScripts: () => access(masters => masters.flushScripts()),
    forget: key => access(masters => masters.forget(key)),
    dump: () => access(masters => masters.dump()),
    pause: cluster.pause,
    resume: cluster.resume,
    async stop() {
      stopped = true
      try {
        await stirring
      } finally {
        for (const node of nodes) node.disconnect()
        await cluster.stop()
      }
    },
  }
}

const urlOf = ({ options }: Redis): string => `redis://127.0.0.1:${options.port}`

async function inRole(nodes: Redis[], role: 'master' | 'slave'): Promise<Redis[]> {
  const roles = await Promise.all(nodes.map(async node => ((await node.role()) as [string])[0]))
  return nodes.filter((_, at) => roles[at] === role)
}

const anyOf = <T>(all: T[]): T | undefined => all[Math.floor(Math.random() * all.length)]

/** A slot that has keys, to another master. */
async function moveOne(nodes: Redis[]): Promise<void> {
  const masters = await inRole(nodes, 'master')
  const source = anyOf(masters)
  const target = anyOf(masters.filter(node => node !== source))
  const key = await source?.randomkey()
  if (!source || !target || !key) return
  const others = masters.filter(node => node !== source && node !== target)
  await moveSlots([await source.cluster('KEYSLOT', key)], source, target, others)
  restlessness.moves++
}

/**
 * Which node has which slots, who follows it, whether all is well, and what was last changed, as this node sees it. While
 * views differ, a master does not know its replica, a replica claims a slot that has moved, or a slot moves to a node that
 * the others believe less than its old one.
 */
async function viewOf(node: Redis): Promise<string> {
  const ranges = await node.cluster('SLOTS')
  const held = ranges.map(([from, to, ...holders]) => `${from}-${to} ${holders.map(([, port]) => port)}`)
  const told = String(await node.cluster('INFO')).match(/^cluster_(state|current_epoch):\w+/gm) ?? []
  return [...held.sort(), ...told].join()
}

export const untilTheyAgree = (nodes: Redis[]): Promise<void> =>
  until('one view of the Cluster', async () => {
    const [first, ...rest] = await Promise.all(nodes.map(viewOf))
    return first?.includes('cluster_state:ok') === true && rest.every(view => view === first)
  })

/**
 * A replica and its master change places, and no key is lost; unless they do not agree in time, then all stays as it was.
 * Measured by the clock that no test sets.
 */
async function failOver(nodes: Redis[], elected: Map<Redis, number>): Promise<void> {
  const rested = (node: Redis) => (elected.get(node) ?? -Infinity) + BETWEEN_ELECTIONS_MS < performance.now()
  const replica = anyOf((await inRole(nodes, 'slave')).filter(rested))
  if (!replica) return
  elected.set(replica, performance.now())
  await replica.cluster('FAILOVER')
  const givenUpAt = performance.now() + AGREED_FAIL_OVER_MS
  while (performance.now() < givenUpAt) {
    const [masters, replicas] = await Promise.all([inRole(nodes, 'master'), inRole(nodes, 'slave')])
    if (masters.includes(replica) && masters.length === replicas.length) return void restlessness.failOvers++
    await wait(20)
  }
}
