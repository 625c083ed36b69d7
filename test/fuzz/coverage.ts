/** What a run has reached, so that the fuzzer cannot rot into noise that everything refuses at the door. */
import type { Operation } from './document.ts'
import { mutations } from './mutations.ts'
import type { WireAnswer } from './wire.ts'

export interface Coverage {
  /** `mutation`: name of what spoiled the request; null: it was valid. */
  note(operation: Operation, mutation: string | null, answer: WireAnswer): void
  requests(): number
  /** What was never reached, in words. */
  missing(): string[]
  report(): string
}

/** Refusals that only a deep sequence meets. */
const DEEP = [
  'code_incorrect',
  'factor_locked',
  'attempts_exhausted',
  'already_used',
  'step_up_required',
  'resend_too_soon',
  'skip_not_allowed',
  'already_enrolled',
  'last_factor',
  'too_many_messages',
  'settings_changed',
  'portal_suspended',
  'self_reset',
  'invalid_client',
]

type Tally = Map<string, number>

const count = (tally: Tally, name: string) => tally.set(name, (tally.get(name) ?? 0) + 1)

export function makeCoverage(operations: Operation[]): Coverage {
  const newTally = (): Tally => new Map()
  const [succeeded, refused, codes, spoiled] = [newTally(), newTally(), newTally(), newTally()]
  let requests = 0
  const never = (names: string[], tally: Tally, words: string) =>
    names.filter(name => !tally.has(name)).map(name => `${name} ${words}`)
  const ids = operations.map(({ id }) => id)

  return {
    note({ id }, mutation, { status, text }) {
      requests++
      if (mutation) count(spoiled, mutation)
      if (status < 400 && !mutation) count(succeeded, id)
      if (status < 400) return
      count(refused, id)
      count(codes, /"(?:code|error)":"(\w+)"/.exec(text)?.[1] ?? 'none')
    },
    requests: () => requests,
    missing: () => [
      ...never(ids, succeeded, 'never succeeded'),
      ...never(ids, refused, 'was never refused'),
      ...never(DEEP, codes, 'was never answered'),
      ...never(Object.keys(mutations), spoiled, 'was no request'),
    ],
    report: () =>
      [
        `${requests} requests`,
        ...ids.map(id => `${id.padEnd(20)} ${succeeded.get(id) ?? 0} succeeded, ${refused.get(id) ?? 0} refused`),
        [...codes]
          .toSorted(([, one], [, other]) => other - one)
          .map(([code, times]) => `${code} ${times}`)
          .join(', '),
      ].join('\n'),
  }
}
