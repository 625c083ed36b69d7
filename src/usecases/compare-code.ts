/** The guess: an attempt spent in the code store, compared in constant time, charged and judged by the arbiter. */
import { boundCode, type CodeRecord, sameDigest } from '../domain/code.ts'
import { MfaError } from '../domain/errors.ts'
import type { LoginId } from '../domain/ids.ts'
import type { CodeRef, LiveCode } from '../ports/code-store.ts'
import type { Ports } from '../ports/ports.ts'
import type { Comparison, Verdict } from '../ports/settlement.ts'
import type { Call } from './call.ts'
import { overError, verdictError } from './refusals.ts'
import { makeWatchGuesses } from './watch-guesses.ts'

export interface Proved {
  record: CodeRecord
  /** The code that was right. */
  code: LiveCode
  verdict: Extract<Verdict, { outcome: 'verified' }>
}

export type CompareCode = (
  call: Call,
  ref: CodeRef,
  guess: { code: string; loginId: LoginId },
  settle: (comparison: Comparison) => Promise<Verdict>,
) => Promise<Proved>

/**
 * Answers only after `settle` has committed its charge (I3): when it fails, right and wrong look the same. Throws whatever
 * is not a proof.
 */
export function makeCompareCode(ports: Ports): CompareCode {
  const { codes, secrecy, random, meter } = ports
  const watchGuesses = makeWatchGuesses(ports)

  return async (call, ref, guess, settle) => {
    const attemptId = call.attemptId ?? random.secret()
    const spent = await codes.spend(ref, secrecy.digest('login', guess.loginId), attemptId)
    if (spent.outcome === 'missing') throw new MfaError('not_found')
    if (spent.outcome === 'over') throw overError(spent.record)

    const { record } = spent
    const right = rightCode(ports, record, spent.codes, guess.code)
    const target = right?.target ?? record.target
    const verdict = await settle({ binding: record.binding, target, right: right !== null, attemptId })
    meter.count('mfa_verdicts_total', { purpose: record.binding.purpose, outcome: verdict.outcome })
    watchGuesses(call, ref.portalId, verdict.outcome)
    if (verdict.outcome === 'verified' && right) {
      tell(ports, ref, 'verified')
      return { record, code: right, verdict }
    }
    if (verdict.outcome === 'verified') throw new MfaError('already_used')
    if (verdict.outcome === 'exhausted') tell(ports, ref, 'exhausted')
    throw verdictError(verdict, record)
  }
}

/** Every live code is compared, whichever fits. */
function rightCode({ secrecy }: Ports, { binding }: CodeRecord, live: LiveCode[], guess: string): LiveCode | null {
  const fits = live.map(({ kid, digest, target }) => {
    const guessed = secrecy.codeDigest(boundCode(binding, target.factorId, guess), kid)
    return guessed !== null && sameDigest(guessed.digest, digest)
  })
  return live[fits.indexOf(true)] ?? null
}

/** The store is told afterwards, and nothing hangs on it: the arbiter has decided. */
function tell({ codes }: Ports, ref: CodeRef, status: 'verified' | 'exhausted'): void {
  codes.end(ref, status).catch(() => {})
}
