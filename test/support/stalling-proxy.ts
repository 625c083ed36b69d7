/** A TCP proxy on 127.0.0.1 that can become a black hole: connections open, and nothing comes back. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface StallingProxy {
  port: number
  /** From now on nothing passes, neither on open connections nor on new ones. */
  stall(): void
  /** New connections work again; those that stalled stay as they are. */
  recover(): void
  close(): Promise<void>
}

export async function startStallingProxy(targetPort: number): Promise<StallingProxy> {
  const sockets = new Set<Socket>()
  let stalled = false
  const server = createServer(incoming => {
    const outgoing = connect(targetPort, '127.0.0.1')
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    }
    pass(incoming, outgoing)
    pass(outgoing, incoming)
  })
  function pass(from: Socket, to: Socket): void {
    let lost = false
    from.on('data', data => {
      lost ||= stalled
      if (!lost) to.write(data)
    })
    from.on('close', () => {
      if (!lost) to.destroy()
    })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    stall() {
      stalled = true
    },
    recover() {
      stalled = false
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
