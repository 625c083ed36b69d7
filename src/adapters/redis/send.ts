/** How a script gets to the server that has its keys: at most once, and in spite of a Cluster that is changing. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Cluster, Redis } from 'ioredis'
import { type Client, hasFinished } from './client.ts'

/**
 * Sends a script by its name. Resolves with the reply. What was refused before it did anything is sent again a few times,
 * unless it `isLate`: then nobody waits for it any more.
 */
export type Send = (name: string, args: (string | number)[], isLate: () => boolean) => Promise<unknown>

/** ms before the second try, and then twice as long each time, up to the longest. */
const [SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS] = [10, 80]
/** Pauses take no more of a call's deadline in all, so that whoever waits hears the cause: 230 of the usual 300 ms. */
const SHARE_OF_DEADLINE = 0.8

type Commands = Record<string, (...args: (string | number)[]) => Promise<unknown>>

/** `client`: just made, since it must not have connected yet. `deadlineMs`: of one call. */
export function makeSend(client: Client, deadlineMs: number): Send {
  const sendOnce = async (name: string, args: (string | number)[]): Promise<unknown> =>
    (client as unknown as Commands)[name]?.(...args)
  if (!('nodes' in client)) return sendOnce
  const lost = countLostConnections(client)
  return async (name, args, isLate) => {
    let leftMs = SHARE_OF_DEADLINE * deadlineMs
    for (let pauseMs = SHORTEST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const before = lost()
      try {
        return await sendOnce(name, args)
      } catch (error) {
        const refused = isRefused(error) || (isClosed(error) && lost() === before)
        leftMs -= pauseMs
        if (!refused || leftMs < 0) throw error
        await wait(pauseMs)
        if (isLate()) throw error
      }
    }
  }
}

/**
 * A node refuses everything while it knows no master for some slot: for a moment, when a master and a replica change places.
 * Keys that are on their way, or that nobody has for now, are looked for by ioredis itself, sixteen times.
 */
const REFUSAL =
  /^(CLUSTERDOWN|Too many Cluster redirections\. Last error: ReplyError: (MOVED|ASK|TRYAGAIN|CLUSTERDOWN)) /
const isRefused = (error: unknown): boolean => error instanceof Error && REFUSAL.test(error.message)

/**
 * What ioredis says of a node that is just being connected, or that left before it was, as well as of a call that was lost
 * with its connection.
 */
const isClosed = (error: unknown): boolean => error instanceof Error && error.message === 'Connection is closed.'

/**
 * While the count stays as it is, no call was lost with its connection. One that never stood has carried none, nor does one
 * lose any that has answered all.
 */
function countLostConnections(cluster: Cluster): () => number {
  let count = 0
  cluster.on('+node', (node: Redis) => {
    // Before a node is ready it keeps what it is asked to itself.
    node.on('ready', () => node.once('close', () => void (hasFinished(node) || count++)))
  })
  return () => count
}
