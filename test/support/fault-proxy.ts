/** A TCP proxy on 127.0.0.1 that fails on demand, as networks and servers do. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type DeafPort, openDeafPort } from './deaf-port.ts'
import { freePort } from './ports.ts'

export type Fault =
  /** Every chunk comes so many ms late, both ways. */
  | { kind: 'latency'; ms: number }
  /** Connections stand and open, and nothing passes any more. */
  | { kind: 'black hole' }
  /** One direction is a black hole: what the client sends, or what the server answers. */
  | { kind: 'half-open'; lost: 'requests' | 'answers' }
  /** The server is gone: open connections end, and nobody listens. */
  | { kind: 'refuse' }
  /** New connections never come about, as behind a firewall that drops, and nothing passes on open ones. */
  | { kind: 'unreachable' }
  /** Open connections are reset, and new ones when the client speaks: before, it could not tell that from a refusal. */
  | { kind: 'reset' }
  /** The server is gone, and the client hears of it so many ms later, on open connections and on new ones. */
  | { kind: 'slow close'; ms: number }

export interface FaultProxy {
  port: number
  /** From now on, instead of what was before. */
  fail(fault: Fault): Promise<void>
  /** From now on everything passes; a connection that has lost something stays as it is, since nobody sends that again. */
  heal(): Promise<void>
  close(): Promise<void>
}

type Direction = 'requests' | 'answers'

interface Link {
  client: Socket
  server: Socket
}

export async function startFaultProxy(targetPort: number, targetHost = '127.0.0.1'): Promise<FaultProxy> {
  const links = new Set<Link>()
  let fault: Fault | null = null
  let deaf: DeafPort | null = null

  const listener = createServer(client => {
    client.on('error', () => {})
    const link = { client, server: connect(targetPort, targetHost) }
    links.add(link)
    link.server.on('error', () => {})
    client.on('close', () => links.delete(link))
    pass('requests', client, link.server, link)
    pass('answers', link.server, client, link)
    if (fault?.kind !== 'reset') strike(link)
  })

  function pass(direction: Direction, from: Socket, to: Socket, link: Link): void {
    let lost = false
    let sent = Promise.resolve()
    from.on('data', chunk => {
      if (fault?.kind === 'reset') return strike(link)
      lost ||= swallows(fault, direction)
      if (lost) return
      const due = performance.now() + (fault?.kind === 'latency' ? fault.ms : 0)
      // One after the other, so that a fault that ends lets nothing overtake.
      sent = sent.then(async () => {
        const left = due - performance.now()
        if (left > 0) await wait(left, undefined, { ref: false })
        if (!lost) to.write(chunk)
      })
    })
    from.on('close', () => {
      if (!lost && !swallows(fault, direction)) sent.then(() => to.destroySoon())
    })
  }

  /** What the fault does to a connection as a whole. */
  function strike(link: Link): void {
    if (fault?.kind === 'refuse') end(link)
    if (fault?.kind === 'reset') {
      link.server.destroy()
      link.client.resetAndDestroy()
    }
    if (fault?.kind === 'slow close') {
      link.server.destroy()
      setTimeout(() => link.client.destroy(), fault.ms).unref()
    }
  }

  async function become(next: Fault | null): Promise<void> {
    const staysDeaf = fault?.kind === 'unreachable' && next?.kind === 'unreachable'
    fault = next
    if (staysDeaf) return
    for (const link of links) strike(link)
    await deaf?.close()
    deaf = null
    if (fault?.kind === 'refuse' || fault?.kind === 'unreachable') listener.close()
    else if (!listener.listening) await listen()
    if (fault?.kind === 'unreachable') deaf = await openDeafPort(port)
  }

  async function listen(): Promise<void> {
    listener.listen(port, '127.0.0.1')
    await once(listener, 'listening')
  }

  async function close(): Promise<void> {
    for (const link of links) end(link)
    await deaf?.close()
    if (!listener.listening) return
    listener.close()
    await once(listener, 'close')
  }

  const port = await freePort()
  await listen()
  return { port, fail: become, heal: () => become(null), close }
}

/** A server that is gone and says so late says nothing before. */
const swallows = (fault: Fault | null, direction: Direction): boolean =>
  fault?.kind === 'black hole' ||
  fault?.kind === 'unreachable' ||
  fault?.kind === 'slow close' ||
  (fault?.kind === 'half-open' && fault.lost === direction)

function end({ client, server }: Link): void {
  client.destroy()
  server.destroy()
}
