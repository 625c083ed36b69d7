/** Promises of time, kept to the letter on machines that have other things to do as well. */
import { expect, vi } from 'vitest'
import type { ServiceBehindProxies } from '../support/behind-proxies.ts'
import { heal } from './after-fault.ts'
import { prepareScene } from './calls.ts'
import { healthy } from './outcomes.ts'
import { runCalls } from './run-calls.ts'

/** ms above the deadlines of what a call uses, as promised. */
const PROMISED_MARGIN_MS = 500
/**
 * A busy machine keeps calls waiting now and then, longer than any margin that still says something. So the margin is the
 * promised one, and who misses it is tried again, when the machine has the time: what the code breaks, it breaks in each try.
 */
const TRIES = 3
/** A machine has the time if, when all is well, no call takes longer than so many ms. */
const CALM_MS = 250
/** ms for which a try waits for that. */
const CALM_PATIENCE_MS = 20_000
/** The most that is added, in ms, where a machine never has it: one deadline too many of PostgreSQL or a provider is more. */
const SLOWNESS_MAX_MS = 1500

/** `attempt` lets something fail and tells which calls were late by more than the margin; none may be so in every try. */
export async function mustNotBeLate(
  service: ServiceBehindProxies,
  attempt: (marginMs: number) => Promise<string[]>,
): Promise<void> {
  let late = await attempt(PROMISED_MARGIN_MS)
  for (let tries = 1; tries < TRIES && late.length > 0; tries++) {
    const again = await attempt(PROMISED_MARGIN_MS + (await slowness(service)))
    late = late.filter(call => again.includes(call))
  }
  expect(late).toEqual([])
}

/** Waits until the machine has the time; ms that the slowest call takes when all is well where it never has, else 0. */
async function slowness(service: ServiceBehindProxies): Promise<number> {
  await heal(service)
  let slowest = Number.POSITIVE_INFINITY
  const calm = async () => {
    const { calls } = await prepareScene(service)
    const { outcomes, took } = await runCalls(calls)
    slowest = Math.max(...Object.values(took))
    expect(outcomes).toEqual(healthy)
    expect(slowest).toBeLessThan(CALM_MS)
    return 0
  }
  return vi.waitFor(calm, { timeout: CALM_PATIENCE_MS }).catch(() => Math.min(slowest, SLOWNESS_MAX_MS))
}
