/**
 * Use cases that run at the same time, one port call at a time: each takes its turn before every call to a port, so every order
 * of their awaits can be played. What came back from the ports, and what was told, is kept as a history.
 */
import type fc from 'fast-check'
import type { CodeRecord } from '../../../src/domain/code.ts'
import { MfaError } from '../../../src/domain/errors.ts'
import type { Ports } from '../../../src/ports/ports.ts'
import type { UseCases } from '../../../src/usecases/index.ts'

/** A code that somebody holds in his hand, for the challenge or enrollment it was sent for. */
export interface KnownCode {
  codeId: string
  contactId: string
  loginId: string
  code: string
  enrollment: boolean
}

export type Guess = Pick<KnownCode, 'codeId' | 'loginId' | 'code'>

/** A port call that has come back. */
export interface Step {
  kind: 'step'
  /** Index in {@link Play.acts}. */
  act: number
  port: string
  // biome-ignore lint/suspicious/noExplicitAny: what any port is given and answers; the checks say what they expect
  given: any[]
  // biome-ignore lint/suspicious/noExplicitAny: see above
  result: any
  /** The test clock. */
  atMs: number
}

/** What a use case has answered: `ok`, or the code of its error. */
export interface Told {
  kind: 'told'
  act: number
  answer: string
  // biome-ignore lint/suspicious/noExplicitAny: the answers of all use cases
  value: any
}

/** One call of a use case. */
export interface Act {
  name: string
  guess?: Guess
  /** Of what it starts. */
  loginId?: string
}

export interface Play {
  portalId: string
  acts: Act[]
  history: (Step | Told)[]
  known: KnownCode[]
}

export type Turn = <T>(label: string, work: () => Promise<T>) => Promise<T>

/** The scheduler says when `work` runs, and nothing else runs meanwhile. */
export const turnsBy =
  (scheduler: fc.Scheduler): Turn =>
  async (label, work) => {
    let outcome: ReturnType<typeof work> | undefined
    await scheduler.schedule(Promise.resolve(), label, undefined, async release => {
      outcome = work()
      await outcome.catch(() => {})
      await release()
    })
    return outcome as ReturnType<typeof work>
  }

/** Nobody waits. */
export const atOnce: Turn = (_, work) => work()

export interface Stage {
  ports: Ports
  useCasesOver(ports: Ports): UseCases
  nowMs(): number
}

/** Calls a use case whose every step takes its turn; what it answers is told to the history, and returned if it was no refusal. */
export async function perform<T>(
  { ports, useCasesOver, nowMs }: Stage,
  play: Play,
  act: Act,
  turn: Turn,
  work: (useCases: UseCases) => Promise<T>,
): Promise<T | null> {
  const number = play.acts.push(act) - 1
  const label = (port: string) => `${number} ${act.name}: ${port}`
  const inTurn: Turn = (port, step) => turn(label(port), step)
  const told = (answer: string, value: T | null) => void play.history.push({ kind: 'told', act: number, answer, value })
  try {
    const value = await work(useCasesOver(takingTurns(ports, play, number, inTurn, nowMs)))
    told('ok', value)
    return value
  } catch (error) {
    if (!(error instanceof MfaError) || error.code === 'unavailable') throw error
    told(error.code, null)
    return null
  }
}

const AWAITED = ['portals', 'contacts', 'settlement', 'events', 'codes', 'sendLimits', 'sender'] as const
type Method = (...given: unknown[]) => Promise<unknown>

function takingTurns(ports: Ports, play: Play, act: number, turn: Turn, nowMs: () => number): Ports {
  const over = (port: string, target: object) =>
    Object.fromEntries(
      Object.entries(target as Record<string, Method>).map(([method, call]) => {
        const name = `${port}.${method}`
        const work = async (given: unknown[]) => {
          const result = await call(...given)
          const step: Step = { kind: 'step', act, port: name, given, result, atMs: nowMs() }
          play.history.push(step)
          if (name === 'sender.send') learn(play, step)
          return result
        }
        return [method, (...given: unknown[]) => turn(name, () => work(given))]
      }),
    )
  return { ...ports, ...Object.fromEntries(AWAITED.map(port => [port, over(port, ports[port])])) }
}

/** The record whose code an act has placed last. */
export const placedBy = ({ history }: Play, act: number): CodeRecord | undefined =>
  (
    history.findLast(entry => entry.kind === 'step' && entry.act === act && /^codes\.(open|renew)$/.test(entry.port)) as
      | Step
      | undefined
  )?.result.record

/** A message tells whoever has the phone a code. */
function learn(play: Play, { act, given }: Step): void {
  const record = placedBy(play, act)
  if (!record) return
  const { codeId, contactId, purpose } = record.binding
  const loginId = play.acts[act]?.loginId ?? play.known.find(one => one.codeId === codeId)?.loginId ?? ''
  const code = (given[0] as { text: string }).text.match(/\b\d{6,10}\b/)?.[0] ?? ''
  play.known.push({ codeId, contactId, loginId, code, enrollment: purpose === 'enrollment' })
}
