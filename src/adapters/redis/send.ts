/** How a script gets to the server that has its keys: at most once, and in spite of a Cluster that is changing. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Cluster, Redis } from 'ioredis'
import type { Client } from './client.ts'

/**
 * Sends a script by its name. Resolves with the reply. What was refused before it did anything is sent again, but not at
 * `lastTryAt` (ms, on the clock of `performance`) or later: whoever waits for it gives up soon after, and hears the cause.
 */
export type Send = (name: string, args: (string | number)[], lastTryAt: number) => Promise<unknown>

/** ms until a script is sent again. */
const AGAIN_MS = 10

type Commands = Record<string, (...args: (string | number)[]) => Promise<unknown>>

/** `client`: just made, since it must not have connected yet. */
export function makeSend(client: Client): Send {
  const sendOnce = async (name: string, args: (string | number)[]): Promise<unknown> =>
    (client as unknown as Commands)[name]?.(...args)
  if (!('nodes' in client)) return sendOnce
  const lost = countLostConnections(client)
  return async (name, args, lastTryAt) => {
    for (;;) {
      const before = lost()
      try {
        return await sendOnce(name, args)
      } catch (error) {
        const unsent = isDown(error) || (isClosed(error) && lost() === before && isConnecting(client))
        if (!unsent || performance.now() + AGAIN_MS >= lastTryAt) throw error
        await wait(AGAIN_MS)
      }
    }
  }
}

/** A node refuses everything while it knows no master for some slot: for a moment, when a master and a replica change places. */
const isDown = (error: unknown): boolean => error instanceof Error && error.message.startsWith('CLUSTERDOWN ')

/** What ioredis says of a node that is not connected yet as well as of a call that was lost with its connection. */
const isClosed = (error: unknown): boolean => error instanceof Error && error.message === 'Connection is closed.'

/** A node that is new to the view, or that was missing in it for a moment, is being connected. */
const isConnecting = (cluster: Cluster): boolean =>
  cluster.nodes().some(({ status }) => status === 'connecting' || status === 'connect')

/** While the count stays as it is, no call was lost with its connection. */
function countLostConnections(cluster: Cluster): () => number {
  let count = 0
  cluster.on('+node', (node: Redis) => void node.on('close', () => void count++))
  return () => count
}
