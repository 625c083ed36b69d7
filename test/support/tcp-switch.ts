/** One address behind which servers change: what a fail-over looks like to a client that knows nothing of it. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface TcpSwitch {
  port: number
  /** New connections go to this port of 127.0.0.1 from now on; those that are open stay with the server they have. */
  to(port: number): void
  close(): Promise<void>
}

export async function startTcpSwitch(firstPort: number): Promise<TcpSwitch> {
  let port = firstPort
  const sockets = new Set<Socket>()
  const server = createServer(incoming => {
    const outgoing = connect(port, '127.0.0.1')
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(socket)
      socket
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(socket)
          other.destroy()
        })
      socket.pipe(other)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    to(next) {
      port = next
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
