import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'

/** Says back what it hears. */
let server: Server
let heard = ''
let proxy: FaultProxy
const clients: Socket[] = []

beforeEach(async () => {
  heard = ''
  server = createServer(socket => {
    socket
      .on('error', () => {})
      .on('data', data => {
        heard += data
        socket.write(data)
      })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy = await startFaultProxy((server.address() as AddressInfo).port)
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await proxy.close()
  server.close()
})

interface Client {
  socket: Socket
  said: string
  ended: string | null
}

const patience = { timeout: 5000 }

/** A connection that stands; `ended` says how it ended: `closed` or the code of the error. */
async function open(): Promise<Client> {
  const socket = connect(proxy.port, '127.0.0.1')
  const client: Client = { socket, said: '', ended: null }
  clients.push(socket)
  socket.on('data', data => (client.said += data))
  socket.on('error', (error: NodeJS.ErrnoException) => (client.ended = error.code ?? 'error'))
  socket.on('close', () => (client.ended ??= 'closed'))
  await vi.waitFor(() => expect(socket.connecting && client.ended === null).toBe(false), patience)
  return client
}

const answered = (client: Client, text: string) => vi.waitFor(() => expect(client.said).toBe(text), patience)
const ended = (client: Client, how: string) => vi.waitFor(() => expect(client.ended).toBe(how), patience)

/** What was written before has arrived by now, if it can: a few rounds to the server take longer. */
async function settled(): Promise<void> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  for (let round = 0; round < 5; round++) {
    socket.write('.')
    await once(socket, 'data')
  }
  socket.destroy()
  heard = heard.replaceAll('.', '')
}

describe('fault proxy', () => {
  it('passes both directions in order, and the end of either side', async () => {
    const client = await open()
    for (const text of ['a', 'b', 'c']) client.socket.write(text)
    await answered(client, 'abc')
    client.socket.end()
    await ended(client, 'closed')
  })

  it('delays every chunk by a latency, keeps the order, and lets none overtake when it heals', async () => {
    const client = await open()
    await proxy.fail({ kind: 'latency', ms: 100 })
    const begun = performance.now()
    client.socket.write('slow')
    await vi.waitFor(() => expect(heard).toBe('slow'), patience)
    await proxy.heal()
    client.socket.write(' fast')
    await answered(client, 'slow fast')
    expect(performance.now() - begun).toBeGreaterThanOrEqual(99)
  })

  it('is a black hole on old and new connections; healed, the ones that lost something stay dead and others work', async () => {
    const [old, idle] = [await open(), await open()]
    await proxy.fail({ kind: 'black hole' })
    const fresh = await open()
    for (const client of [old, fresh]) client.socket.write('lost')
    await settled()
    await proxy.heal()
    for (const client of [old, fresh]) client.socket.write('late')
    idle.socket.write('idle')
    await answered(idle, 'idle')
    expect([old.said, old.ended, fresh.said, fresh.ended, heard]).toEqual(['', null, '', null, 'idle'])
  })

  it('loses one direction only: requests arrive though their answers do not, or do not arrive', async () => {
    const first = await open()
    await proxy.fail({ kind: 'half-open', lost: 'answers' })
    first.socket.write('heard')
    await vi.waitFor(() => expect(heard).toBe('heard'), patience)
    await settled()
    await proxy.fail({ kind: 'half-open', lost: 'requests' })
    const second = await open()
    second.socket.write('unheard')
    await settled()
    expect([first.said, second.said, heard]).toEqual(['', '', 'heard'])
  })

  it('refuses: open connections end, new ones find nobody, until it heals on the same port', async () => {
    const old = await open()
    await proxy.fail({ kind: 'refuse' })
    await ended(old, 'closed')
    await ended(await open(), 'ECONNREFUSED')
    await proxy.heal()
    const fresh = await open()
    fresh.socket.write('back')
    await answered(fresh, 'back')
  })

  it('cannot be reached: nothing passes on open connections, new ones neither stand nor fail until it heals', async () => {
    const [old, idle] = [await open(), await open()]
    await proxy.fail({ kind: 'unreachable' })
    old.socket.write('lost')
    const fresh = connect(proxy.port, '127.0.0.1')
    clients.push(fresh)
    const told = vi.fn()
    for (const event of ['connect', 'error', 'close']) fresh.on(event, told)
    await settled()
    await proxy.fail({ kind: 'unreachable' })
    await settled()
    expect(told).not.toHaveBeenCalled()
    await proxy.heal()
    const late = await open()
    late.socket.write('back')
    await answered(late, 'back')
    idle.socket.write('idle')
    await answered(idle, 'idle')
    expect([old.said, old.ended]).toEqual(['', null])
  })

  it('resets open connections, and new ones when the client speaks', async () => {
    const old = await open()
    await proxy.fail({ kind: 'reset' })
    await ended(old, 'ECONNRESET')
    const fresh = await open()
    expect(fresh.ended).toBe(null)
    fresh.socket.write('lost')
    await ended(fresh, 'ECONNRESET')
    expect(heard).toBe('')
  })

  it('closes late, and says nothing before', async () => {
    const old = await open()
    await proxy.fail({ kind: 'slow close', ms: 100 })
    const begun = performance.now()
    old.socket.write('anybody?')
    const fresh = await open()
    await ended(old, 'closed')
    await ended(fresh, 'closed')
    expect(performance.now() - begun).toBeGreaterThanOrEqual(99)
    expect([old.said, heard]).toEqual(['', ''])
  })
})
