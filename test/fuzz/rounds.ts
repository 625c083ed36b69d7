/** How long, with which seed, and what a run must have reached to count. */
import { expect } from 'vitest'
import type { TestService } from '../support/service.ts'
import { makeFuzzer } from './fuzz.ts'
import { listening } from './listening.ts'
import { MARKER } from './mutation.ts'
import type { Tables } from './tables.ts'

const { FUZZ_SECONDS = '40', FUZZ_SEED = String(Date.now() % 2 ** 31), FUZZ_PATH } = process.env

/** Time for a machine that is busy, before what was not reached counts as a fault. */
const EXTENSIONS_MAX = 4

export const TIMEOUT_MS = (Number(FUZZ_SECONDS) * (EXTENSIONS_MAX + 1) + 180) * 1000

export async function fuzz(service: TestService, tables: Tables): Promise<void> {
  const { run, coverage } = makeFuzzer(service, await listening(service), tables)
  const untouched = Object.getOwnPropertyNames(Object.prototype)
  for (let round = 0; round === 0 || (round <= EXTENSIONS_MAX && coverage.missing().length > 0); round++)
    await run((Number(FUZZ_SEED) + round * 100_003) % 2 ** 31, Number(FUZZ_SECONDS) * 1000, FUZZ_PATH)
  process.stdout.write(`FUZZ_SEED=${FUZZ_SEED}: ${coverage.report()}\n`)
  expect(coverage.missing(), `FUZZ_SEED=${FUZZ_SEED}`).toEqual([])
  // INPUT-3
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(untouched)
  // LOG-2
  const lines = service.log().split('\n')
  expect(lines.length).toBeGreaterThan(coverage.requests() / 2)
  expect(lines.filter(line => line.includes(MARKER))).toEqual([])
}
