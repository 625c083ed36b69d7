/** How long, with which seed, and what a run must have reached to count. */
import { expect } from 'vitest'
import type { Fuzzer } from './fuzz.ts'
import { mutations } from './mutations.ts'

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 40)
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)

/** Time for a machine that is busy, before what was not reached counts as a fault. */
const EXTENSIONS_MAX = 3

export const TIMEOUT_MS = (SECONDS * (EXTENSIONS_MAX + 1) + 120) * 1000

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

export async function fuzz(fuzzer: Fuzzer): Promise<void> {
  const { run, coverage } = fuzzer
  for (let round = 0; round === 0 || (round <= EXTENSIONS_MAX && missing(fuzzer).length > 0); round++)
    await run((SEED + round * 100_003) % 2 ** 31, SECONDS * 1000, process.env.FUZZ_PATH)
  process.stdout.write(`${report(fuzzer)}\n`)
  expect(missing(fuzzer), `FUZZ_SEED=${SEED}`).toEqual([])
  expect(coverage.requests).toBeGreaterThan(500)
}

function missing({ document, coverage }: Fuzzer): string[] {
  const ids = document.operations.map(({ id }) => id)
  return [
    ...ids.filter(id => !coverage.succeeded.has(id)).map(id => `${id} never succeeded`),
    ...ids.filter(id => !coverage.refused.has(id)).map(id => `${id} was never refused`),
    ...DEEP.filter(code => !coverage.codes.has(code)).map(code => `${code} was never met`),
    ...Object.keys(mutations)
      .filter(name => !coverage.mutations.has(name))
      .map(name => `no request ${name}`),
  ]
}

function report({ document, coverage }: Fuzzer): string {
  const lines = document.operations.map(
    ({ id }) => `${id.padEnd(20)} ${coverage.succeeded.get(id) ?? 0} ok, ${coverage.refused.get(id) ?? 0} refused`,
  )
  const codes = [...coverage.codes].toSorted((a, b) => b[1] - a[1]).map(([code, count]) => `${code} ${count}`)
  return [`${coverage.requests} requests, FUZZ_SEED=${SEED}`, ...lines, codes.join(', ')].join('\n')
}
