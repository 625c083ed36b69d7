/** The memory twins say what Redis says, whatever is asked of them and in whatever order. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CodeRecord } from '../../src/domain/code.ts'
import type { SendLimit } from '../../src/domain/limits.ts'
import type { NewCode, OpenCode } from '../../src/ports/code-store.ts'
import { again, newChallenge, newCode, newEnrollment, newTarget } from './sample-codes.ts'
import { rows, type Stores } from './stores.ts'

let both: Stores[]
beforeAll(async () => {
  both = await Promise.all(rows.filter(([name]) => name !== 'Redis Cluster').map(([, open]) => open()))
  expect(both).toHaveLength(2)
}, 30_000)
afterAll(() => Promise.all((both ?? []).map(stores => stores.close())))

/**
 * Instants in steps of 5 s from the store's now, so that the machine's own pace is not compared: the clock is moved by tens
 * of seconds, and the lifetimes below end between those.
 */
const steps = (at: Date | null, now: Date) => at && Math.round((at.getTime() - now.getTime()) / 5000) + 0

const comparable = (record: CodeRecord) => ({
  ...record,
  expiresAt: steps(record.expiresAt, record.readAt),
  resendAt: steps(record.resendAt, record.readAt),
  readAt: null,
})

const withoutInstants = (result: unknown): unknown => {
  if (typeof result !== 'object' || result === null) return result
  if ('record' in result) {
    const { record, retryAt, ...rest } = result as { record: CodeRecord; retryAt?: Date }
    return { ...rest, retryAt: steps(retryAt ?? null, record.readAt), record: comparable(record) }
  }
  return 'readAt' in result ? comparable(result as CodeRecord) : result
}

/** What one step does to a store; the arguments are made once, so that both get the same. */
type Step = (stores: Stores) => Promise<unknown>

const index = fc.nat({ max: 5 })
const openings = fc
  .tuple(fc.boolean(), fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 1 })), { minLength: 6, maxLength: 6 }))
  .map(([enrollment, variants]): OpenCode[] => {
    const first = enrollment ? newEnrollment(65_000) : newChallenge(125_000)
    return variants.map(([sameness, login]) => {
      const opening = again(first, { sameness: `${sameness}` })
      opening.binding.loginDigest = `login-${login}`
      return opening
    })
  })
const targets = [newTarget(), newTarget()]

const codeStep = (known: OpenCode[]): fc.Arbitrary<Step> => {
  const opening = index.map(chosen => known[chosen] ?? newChallenge())
  const code = fc.nat({ max: 1 }).map((chosen): NewCode => newCode(targets[chosen] ?? newTarget(), 125_000))
  const attempt = fc.nat({ max: 7 }).map(number => `attempt-${number}`)
  return fc.oneof(
    opening.map(
      (one): Step =>
        ({ codes }) =>
          codes.open(one),
    ),
    fc.tuple(opening, code).map(
      ([{ binding }, next]): Step =>
        ({ codes }) =>
          codes.renew(binding, next),
    ),
    fc.tuple(opening, fc.integer({ min: 1, max: 6 }), fc.constantFrom('sent', 'unknown', 'refused', 'refused')).map(
      ([{ binding }, no, outcome]): Step =>
        ({ codes }) =>
          codes.noteSend(binding, no, outcome),
    ),
    fc.tuple(opening, attempt).map(
      ([{ binding }, id]): Step =>
        ({ codes }) =>
          codes.spend(binding, binding.loginDigest, id),
    ),
    fc.tuple(opening, fc.constantFrom('verified', 'exhausted', 'cancelled')).map(
      ([{ binding }, status]): Step =>
        ({ codes }) =>
          codes.end(binding, status),
    ),
    fc.constantFrom(10, 30, 60, 120, 1800, 3600).map(
      (seconds): Step =>
        async stores =>
          stores.advance(seconds * 1000),
    ),
  )
}

const sameOnBoth = async (step: Step) => {
  const [memory, redis] = await Promise.all(both.map(step))
  expect(withoutInstants(memory)).toEqual(withoutInstants(redis))
}

it('code store: memory and Redis agree', { timeout: 60_000 }, async () => {
  const runs = openings.chain(known =>
    fc.tuple(fc.constant(known), fc.array(codeStep(known), { maxLength: 40, size: 'max' })),
  )
  await fc.assert(
    fc.asyncProperty(runs, async ([known, moves]) => {
      // A contact of its own for each run, also when a failure is being shrunk.
      const { contactId } = newChallenge().binding
      for (const { binding } of known) binding.contactId = contactId
      for (const step of moves) {
        await sameOnBoth(step)
        for (const { binding } of known) await sameOnBoth(({ codes }) => codes.read(binding))
      }
    }),
    { numRuns: 150 },
  )
})

it('send limits: memory and Redis agree', { timeout: 60_000 }, async () => {
  const window = fc.record({ max: fc.nat({ max: 4 }), seconds: fc.constantFrom(105, 305, 1005) })
  const shapes = fc.array(fc.array(window, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 3 })
  const moves = fc.array(
    fc.record({
      move: fc.constantFrom('reserve', 'reserve', 'reserve', 'giveBack', 'clear', 'wait'),
      send: fc.nat({ max: 9 }).map(number => `send-${number}`),
      seconds: fc.constantFrom(10, 50, 100, 300),
    }),
    { maxLength: 40, size: 'max' },
  )
  const rounded = (result: unknown) =>
    typeof result === 'object' && result !== null && 'retryAfterSeconds' in result
      ? { ...result, retryAfterSeconds: Math.round(Number(result.retryAfterSeconds) / 10 - 0.5) }
      : result
  await fc.assert(
    fc.asyncProperty(shapes, moves, async (windows, taken) => {
      const { contactId } = newChallenge().binding
      const limits = windows.map(
        (under, number): SendLimit => ({ name: 'contact', key: `t/${contactId}/${number}`, windows: under }),
      )
      for (const { move, send, seconds } of taken) {
        const results = await Promise.all(
          both.map(async ({ sendLimits, advance }) => {
            if (move === 'wait') advance(seconds * 1000)
            else if (move === 'reserve') return rounded(await sendLimits.reserve(send, limits))
            else if (move === 'giveBack') await sendLimits.giveBack(send, limits)
            else await sendLimits.clear(limits)
          }),
        )
        expect(results[0]).toEqual(results[1])
      }
    }),
    { numRuns: 200 },
  )
})
