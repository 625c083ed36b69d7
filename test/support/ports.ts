/** Ports of 127.0.0.1 for servers that cannot be told to take any free one, or that must come back on the one they had. */
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below the ports that systems give to outgoing connections (32768 and up on Linux, 49152 elsewhere): one of those can
 * be taken by a client of another test at any moment before the server starts, or while it is away.
 */
const FIRST = 20_000
const COUNT = 12_000

/** Whether a port is of those that servers of tests have. */
export const isTestServers = (port: number): boolean => port >= FIRST && port < FIRST + COUNT

/** Each worker of a run has ports of its own, or two would find one free before either has taken it. */
const worker = Number(process.env.VITEST_POOL_ID ?? 0)
const SLICE = COUNT / 4
const first = FIRST + (worker % 4) * SLICE
/** Each test process begins somewhere else and goes on from there, so that none is given twice within it. */
let next = Math.floor(Math.random() * SLICE)

/** A port that is free, and that nobody takes by chance. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < SLICE; tries++) {
    const port = first + (next++ % SLICE)
    if (await isFree(port)) return port
  }
  throw new Error(`no port is free from ${first} on`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
