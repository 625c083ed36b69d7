/** Whatever hangs, the process ends: each phase has its limit, and nothing waits for one beyond it. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Service } from '../../src/service.ts'
import { endOnSignal } from '../../src/shutdown.ts'

const DELAY_SECONDS = 5
const never = () => new Promise<void>(() => {})
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** What happened, in its order. */
let seen: string[]
beforeEach(() => {
  seen = []
  vi.useFakeTimers()
  vi.spyOn(process, 'exit').mockImplementation(code => {
    seen.push(`exit ${code}`)
    return undefined as never
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** A service that is told to end by signals; it sends one. */
function ending(given: Partial<Record<'drain' | 'close', () => Promise<void>>> = {}) {
  const note = (what: string) => async () => void seen.push(what)
  const log = {
    info: ({ phase }: { phase: string }) => seen.push(`phase ${phase}`),
    error: ({ phase }: { phase: string }) => seen.push(`${phase} did not end in time`),
  }
  const app = { log, server: { closeAllConnections: note('cut') } }
  const service = { app, unready: note('unready'), drain: note('drained'), close: note('closed'), ...given }
  const before = new Set(SIGNALS.flatMap(signal => process.listeners(signal)))
  endOnSignal(service as unknown as Service, DELAY_SECONDS)
  const listeners = SIGNALS.map(signal => process.listeners(signal).filter(listener => !before.has(listener)))
  for (const [at, signal] of SIGNALS.entries())
    for (const listener of listeners[at] ?? []) process.removeListener(signal, listener)
  return (signal: NodeJS.Signals) => {
    for (const listener of listeners[SIGNALS.indexOf(signal as 'SIGTERM')] ?? []) listener(signal)
  }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe.each(SIGNALS)('%s', signal => {
  it('goes through the phases in their order, and ends with 0', async () => {
    const send = ending()
    send(signal)
    await pass(DELAY_SECONDS * 1000 - 1)
    expect(seen).toEqual(['phase unready', 'unready'])
    await pass(1)
    const rest = ['phase drain', 'drained', 'phase close', 'cut', 'closed', 'exit 0']
    expect(seen).toEqual(['phase unready', 'unready', ...rest])
  })

  it.each(SIGNALS)('and then %s ends the process at once, with 1', async second => {
    const send = ending()
    send(signal)
    await pass(1)
    send(second)
    expect(seen).toEqual(['phase unready', 'unready', 'exit 1'])
  })
})

describe('a phase that never ends', () => {
  it('is left at its limit for the next one: requests that hang keep nothing open, and the process ends with 1', async () => {
    ending({ drain: never })('SIGTERM')
    await pass(DELAY_SECONDS * 1000 + 11_999)
    expect(seen).toEqual(['phase unready', 'unready', 'phase drain'])
    await pass(1)
    const rest = ['drain did not end in time', 'phase close', 'cut', 'closed', 'exit 1']
    expect(seen.slice(3)).toEqual(rest)
  })

  it('is left at its limit for the end of the process: stores that hang cost five seconds, and it ends with 1', async () => {
    ending({ close: never })('SIGTERM')
    await pass(DELAY_SECONDS * 1000 + 4999)
    expect(seen.slice(2)).toEqual(['phase drain', 'drained', 'phase close', 'cut'])
    await pass(1)
    expect(seen.slice(-2)).toEqual(['close did not end in time', 'exit 1'])
  })

  it('is no reason to be killed: 22 seconds are the longest end there is', async () => {
    ending({ drain: never, close: never })('SIGINT')
    await pass(21_999)
    expect(seen).not.toContain('exit 1')
    await pass(1)
    expect(seen.at(-1)).toBe('exit 1')
  })
})
