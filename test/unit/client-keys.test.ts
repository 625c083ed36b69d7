/** What an instance knows of clients' keys between two polls. */
import { describe, expect, it } from 'vitest'
import type { ClientKey } from '../../src/domain/client-key.ts'
import { clientIdSchema, idFrom, portalIdSchema } from '../../src/domain/ids.ts'
import type { ApiClients, SigningClient } from '../../src/ports/api-clients.ts'
import { makeClientKeys } from '../../src/usecases/client-keys.ts'
import { newKey } from '../support/client-token.ts'

const key = newKey('EdDSA').jwk as ClientKey
const clientOf = (at: number, keys: ClientKey[] = [key]): SigningClient => ({
  portalId: portalIdSchema.parse('acme'),
  clientId: clientIdSchema.parse(idFrom('cli', Buffer.alloc(16, at))),
  roles: ['portal'],
  jwks: { keys },
})

function opened() {
  let now = 1_800_000_000_000
  let answers: () => Promise<SigningClient[]> = async () => []
  const asked: (number | null)[] = []
  const apiClients = {
    signingClients: (within: number | null) => {
      asked.push(within)
      return answers()
    },
  } as ApiClients
  const clientKeys = makeClientKeys({ apiClients, clock: { now: () => new Date(now) } })
  return {
    clientKeys,
    asked,
    pass(seconds: number) {
      now += seconds * 1000
    },
    answer(next: () => Promise<SigningClient[]>) {
      answers = next
    },
  }
}

describe("clients' keys", () => {
  it('are read as a whole at first, and then only what has changed, with an overlap for late commits', async () => {
    const { clientKeys, asked, pass, answer } = opened()
    answer(async () => [clientOf(1), clientOf(2)])
    await clientKeys.refresh()
    pass(20)
    answer(async () => [clientOf(2, []), clientOf(3)])
    await clientKeys.refresh()
    expect(asked).toEqual([null, 80])
    const known = [1, 2, 3].map(at => clientKeys.of(clientOf(at).clientId)?.jwks.keys ?? null)
    expect(known).toEqual([[key], null, [key]])
  })

  it('reach further back after polls that failed', async () => {
    const { clientKeys, asked, pass, answer } = opened()
    await clientKeys.refresh()
    answer(() => Promise.reject(new Error('down')))
    for (const seconds of [20, 20, 20]) {
      pass(seconds)
      await clientKeys.refresh()
    }
    expect(asked).toEqual([null, 80, 100, 120])
  })

  it('are not believed when they were never read, or more than 60 s ago', async () => {
    const { clientKeys, pass, answer } = opened()
    const unavailable = expect.objectContaining({ code: 'unavailable' })
    expect(clientKeys.current()).toBe(false)
    expect(() => clientKeys.of('anybody')).toThrow(unavailable)
    answer(async () => [clientOf(1)])
    await clientKeys.refresh()
    pass(60)
    expect(clientKeys.of(clientOf(1).clientId)).toEqual(clientOf(1))
    pass(1)
    expect(clientKeys.current()).toBe(false)
    for (const id of [clientOf(1).clientId, 'anybody']) expect(() => clientKeys.of(id)).toThrow(unavailable)
  })

  // The attack: tokens of ten thousand invented clients, each of which would cost a read of the database.
  // DOS-1: who is unknown is refused from memory.
  it('cost no read for whoever asks', async () => {
    const { clientKeys, asked } = opened()
    await clientKeys.refresh()
    for (let at = 0; at < 10_000; at++) expect(clientKeys.of(`cli_${at}`)).toBeNull()
    for (const id of ['__proto__', 'constructor', '']) expect(clientKeys.of(id)).toBeNull()
    expect(asked).toHaveLength(1)
  })

  it('are read one at a time, so that an older answer never overwrites a newer', async () => {
    const { clientKeys, asked, answer } = opened()
    const slow = Promise.withResolvers<SigningClient[]>()
    answer(() => slow.promise)
    const first = clientKeys.refresh()
    const second = clientKeys.refresh()
    await Promise.resolve()
    expect(asked).toEqual([null])
    answer(async () => [clientOf(1, [])])
    slow.resolve([clientOf(1)])
    await Promise.all([first, second])
    expect(asked).toEqual([null, 60])
    expect(clientKeys.of(clientOf(1).clientId)).toBeNull()
  })
})
