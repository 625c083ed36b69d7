/** BRUTE-4: when an instance looks at what all have settled, and what it does then. */
import { describe, expect, it } from 'vitest'
import type { GuessCount } from '../../src/domain/guessing.ts'
import type { PortalId } from '../../src/domain/ids.ts'
import type { Ports } from '../../src/ports/ports.ts'
import { makeWatchGuesses } from '../../src/usecases/watch-guesses.ts'
import { portalCaller as caller } from '../support/fake-use-cases.ts'

const [acme, globex] = ['acme', 'globex'] as PortalId[] as [PortalId, PortalId]
const attack: GuessCount = { wrong: 200, all: 200 }

/** A watch over counts that the test sets, and what it has asked and told. */
function watched() {
  const told: unknown[] = []
  const state: { count: GuessCount | Error; begun: boolean } = { count: { wrong: 0, all: 0 }, begun: true }
  const ports = {
    guesses: {
      async count(portalId: PortalId) {
        told.push(['count', portalId])
        if (state.count instanceof Error) throw state.count
        return state.count
      },
      async guard(portalId: PortalId, count: GuessCount, context: { requestId: string }) {
        told.push(['guard', portalId, count, context.requestId])
        return state.begun
      },
    },
    meter: { count: (...call: unknown[]) => void told.push(call) },
    random: { eventId: () => 'evt' },
  } as unknown as Ports
  const watch = makeWatchGuesses(ports)
  const wrong = async (times: number, portalId = acme) => {
    for (let at = 0; at < times; at++) {
      watch({ caller, requestId: 'req' }, portalId, 'incorrect')
      await new Promise(setImmediate)
    }
  }
  return { told, state, watch, wrong, looks: () => told.filter(one => (one as unknown[])[0] === 'count').length }
}

describe('an instance', () => {
  it('looks at the first wrong guess of a portal, and again after as many as cannot have been enough', async () => {
    const { wrong, looks } = watched()
    await wrong(1)
    expect(looks()).toBe(1)
    await wrong(19)
    expect(looks()).toBe(1)
    await wrong(1)
    expect(looks()).toBe(2)
  })

  it('counts each portal for itself', async () => {
    const { wrong, told } = watched()
    await wrong(2)
    await wrong(1, globex)
    expect(told).toEqual([
      ['count', acme],
      ['count', globex],
    ])
  })

  it('does not look for what was right', async () => {
    const { watch, looks } = watched()
    for (let at = 0; at < 50; at++) watch({ caller, requestId: 'req' }, acme, 'verified')
    await new Promise(setImmediate)
    expect(looks()).toBe(0)
  })

  it('guards the portal when it is being guessed at, and counts that once it begins', async () => {
    const { wrong, told, state } = watched()
    state.count = attack
    await wrong(1)
    expect(told).toEqual([
      ['count', acme],
      ['guard', acme, attack, 'req'],
      ['mfa_guessing_suspected_total', {}],
    ])
    state.begun = false
    await wrong(20)
    expect(told.slice(3)).toEqual([
      ['count', acme],
      ['guard', acme, attack, 'req'],
    ])
  })

  it('guards nothing otherwise', async () => {
    const { wrong, told, state } = watched()
    state.count = { wrong: 199, all: 199 }
    await wrong(1)
    expect(told).toEqual([['count', acme]])
  })

  it('looks again at the next wrong guess when it could not', async () => {
    const { wrong, looks, state } = watched()
    state.count = new Error('down')
    await wrong(1)
    await wrong(1)
    expect(looks()).toBe(2)
  })
})
