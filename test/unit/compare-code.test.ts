/** The guess, over a store in this process and an arbiter that says what the test wants. */
import { describe, expect, it, vi } from 'vitest'
import { makeMemoryCodeStore } from '../../src/adapters/memory/code-store.ts'
import { boundCode, type CodeBinding } from '../../src/domain/code.ts'
import type { LoginId, OrganizationId } from '../../src/domain/ids.ts'
import type { OpenCode } from '../../src/ports/code-store.ts'
import type { Ports } from '../../src/ports/ports.ts'
import type { Comparison, Verdict } from '../../src/ports/settlement.ts'
import { makeCompareCode } from '../../src/usecases/compare-code.ts'
import { newChallenge, newTarget } from '../contract/sample-codes.ts'
import { portalCaller as caller } from '../support/fake-use-cases.ts'
import { now } from '../support/sample-snapshot.ts'

const loginId = 'login-1' as LoginId
const digest = (text: string, kid = 'k1') => (kid === 'gone' ? null : { kid, digest: `${kid}(${text})` })
const verified: Verdict = {
  outcome: 'verified',
  organizationId: 'org' as OrganizationId,
  ticket: 'ticket',
  epoch: 3,
  at: now,
}

/** A challenge whose code is 111111, and what comes of guesses at it. */
async function pending(kid = 'k1') {
  let at = now.getTime()
  const codes = makeMemoryCodeStore(() => at)
  const counted: unknown[] = []
  let drawn = 0
  const codeDigest = vi.fn(digest)
  const secrecy = { digest: (purpose: string, value: string) => `${purpose}:${value}`, codeDigest }
  const random = { secret: () => `drawn-${++drawn}` }
  const meter = { count: (...call: unknown[]) => void counted.push(call) }
  const looked: unknown[] = []
  const guesses = {
    async count(portalId: string) {
      looked.push(portalId)
      return { wrong: 0, all: 0 }
    },
  }
  const ports = { codes, secrecy, random, meter, guesses } as unknown as Ports
  const compareCode = makeCompareCode(ports)

  const sample = newChallenge()
  const binding: CodeBinding = { ...sample.binding, loginDigest: `login:${loginId}` }
  const hashed = (code: string, target = sample.code.target): OpenCode['code'] => ({
    ...sample.code,
    target,
    kid,
    digest: `${kid}(${boundCode(binding, target.factorId, code)})`,
  })
  await codes.open({ ...sample, binding, code: hashed('111111') })

  const settled: Comparison[] = []
  const guess = (code: string, verdict: Verdict | Error, given: { loginId?: LoginId; attemptId?: string } = {}) =>
    compareCode(
      { caller, requestId: 'req', ...(given.attemptId ? { attemptId: given.attemptId } : {}) },
      binding,
      { code, loginId: given.loginId ?? loginId },
      async comparison => {
        settled.push(comparison)
        if (verdict instanceof Error) throw verdict
        return verdict
      },
    )
  return {
    binding,
    codes,
    codeDigest,
    counted,
    looked,
    settled,
    guess,
    target: sample.code.target,
    renew: (code: string, target = sample.code.target) => codes.renew(binding, hashed(code, target)),
    advance: (ms: number) => {
      at += ms
    },
  }
}

const code = (name: string, details: object = {}) =>
  expect.objectContaining({ code: name, details: expect.objectContaining(details) })

describe('a guess', () => {
  it('that is right is settled as right, proved when the arbiter says so, and the store is told', async () => {
    const { guess, settled, codes, binding, target, counted } = await pending()
    const proved = await guess('111111', verified)
    expect(settled).toEqual([{ binding, target, right: true, attemptId: 'drawn-1' }])
    expect(proved).toMatchObject({
      verdict: verified,
      code: { target, sendNo: 1 },
      record: { binding, attemptsLeft: 4 },
    })
    expect(await codes.read(binding)).toMatchObject({ status: 'verified' })
    expect(counted).toEqual([['mfa_verdicts_total', { purpose: 'login', outcome: 'verified' }]])
  })

  it('that is wrong is settled as wrong, against the newest target, and the watch over the portal is told', async () => {
    const { guess, settled, codes, binding, target, counted, looked } = await pending()
    for (const wrong of ['111112', '11111', '1111111', '', '011111'])
      await expect(guess(wrong, { outcome: 'incorrect', attemptsLeft: 3 })).rejects.toEqual(code('code_incorrect'))
    expect(settled.map(({ right }) => right)).toEqual([false, false, false, false, false])
    expect(settled[0]).toEqual({ binding, target, right: false, attemptId: 'drawn-1' })
    expect(new Set(settled.map(({ attemptId }) => attemptId)).size).toBe(5)
    expect(counted).toHaveLength(5)
    expect(looked).toEqual([binding.portalId])
    expect(await codes.read(binding)).toMatchObject({ status: 'exhausted' })
  })

  it('spends the attempt before anything is compared, and the sixth compares nothing', async () => {
    const { guess, settled } = await pending()
    for (const _ of [1, 2, 3, 4, 5]) await guess('999999', { outcome: 'incorrect', attemptsLeft: 0 }).catch(() => {})
    await expect(guess('111111', verified)).rejects.toEqual(code('attempts_exhausted'))
    expect(settled).toHaveLength(5)
  })

  // A code of one login, entered in another: it must look as if it was never there, and cost nothing.
  it('of another login is not found, and charges nothing', async () => {
    const { guess, settled, codes, binding } = await pending()
    await expect(guess('111111', verified, { loginId: 'login-2' as LoginId })).rejects.toEqual(code('not_found'))
    expect(settled).toEqual([])
    expect(await codes.read(binding)).toMatchObject({ attemptsLeft: 5 })
  })

  it('may be any code that is alive, each hashed for its own factor', async () => {
    const { guess, settled, renew, advance, target } = await pending()
    advance(30_000)
    await renew('222222')
    await guess('111111', { outcome: 'incorrect', attemptsLeft: 4 }).catch(() => {})
    await guess('222222', { outcome: 'incorrect', attemptsLeft: 3 }).catch(() => {})
    expect(settled.map(({ right }) => right)).toEqual([true, true])
    const other = newTarget()
    await renew('333333', other)
    await guess('222222', { outcome: 'incorrect', attemptsLeft: 2 }).catch(() => {})
    await guess('333333', { outcome: 'incorrect', attemptsLeft: 1 }).catch(() => {})
    expect(settled.slice(2).map(({ right, target }) => [right, target])).toEqual([
      [false, other],
      [true, other],
    ])
    expect(target).not.toEqual(other)
  })

  // ENUM-2: who measures the answers must not learn which code it was, or which digit is wrong. A guess is hashed under a key
  // before it is compared, so what is compared is as wrong with one digit wrong as with six.
  it('ENUM-2: hashes a guess for every live code, whichever is right and whichever digit is wrong', async () => {
    for (const guessed of ['111111', '222222', '911111', '111119', '922222', '222229', '999999', '1', '']) {
      const { guess, renew, advance, codeDigest, settled } = await pending()
      advance(30_000)
      await renew('222222')
      await guess(guessed, { outcome: 'incorrect', attemptsLeft: 4 }).catch(() => {})
      expect(
        codeDigest.mock.calls.map(([bound]) => bound.endsWith(`|${guessed}`)),
        guessed,
      ).toEqual([true, true])
      expect(settled).toHaveLength(1)
    }
  })

  it('tells of the code that was right, the older of two', async () => {
    const { guess, renew, advance } = await pending()
    advance(30_000)
    await renew('222222')
    expect((await guess('111111', verified)).code.sendNo).toBe(1)
  })

  it('is wrong where the pepper of the code is gone', async () => {
    const { guess, settled } = await pending('gone')
    await guess('111111', { outcome: 'incorrect', attemptsLeft: 4 }).catch(() => {})
    expect(settled.map(({ right }) => right)).toEqual([false])
  })

  it('that is repeated under its own id spends no second attempt', async () => {
    const { guess, settled, codes, binding } = await pending()
    for (const _ of [1, 2])
      await guess('999999', { outcome: 'incorrect', attemptsLeft: 4 }, { attemptId: 'mine' }).catch(() => {})
    expect(settled.map(({ attemptId }) => attemptId)).toEqual(['mine', 'mine'])
    expect(await codes.read(binding)).toMatchObject({ attemptsLeft: 4 })
  })

  // I3: a failure between compare and charge must tell nothing, so right and wrong throw the same.
  it('throws what the arbiter threw, right or wrong, and the store is not told', async () => {
    const { guess, codes, binding, counted } = await pending()
    const down = new Error('down')
    for (const guessed of ['111111', '999999']) await expect(guess(guessed, down)).rejects.toBe(down)
    expect(await codes.read(binding)).toMatchObject({ status: 'pending' })
    expect(counted).toEqual([])
  })

  it('that was wrong is no proof, even where its attempt had verified before', async () => {
    const { guess } = await pending()
    await expect(guess('999999', verified)).rejects.toEqual(code('already_used'))
  })

  it.each<[Verdict, string, string]>([
    [{ outcome: 'already_used' }, 'already_used', 'pending'],
    [{ outcome: 'exhausted' }, 'attempts_exhausted', 'exhausted'],
    [{ outcome: 'cancelled' }, 'cancelled', 'pending'],
    [{ outcome: 'mfa_disabled' }, 'mfa_disabled', 'pending'],
    [{ outcome: 'step_up_required' }, 'step_up_required', 'pending'],
    [{ outcome: 'disabled' }, 'reset_required', 'pending'],
    [{ outcome: 'locked', retryAfterSeconds: 7 }, 'factor_locked', 'pending'],
  ])('that is right throws where the verdict is %j', async (verdict, thrown, status) => {
    const { guess, codes, binding, counted } = await pending()
    await expect(guess('111111', verdict)).rejects.toEqual(code(thrown))
    expect(await codes.read(binding)).toMatchObject({ status })
    expect(counted).toEqual([['mfa_verdicts_total', { purpose: 'login', outcome: verdict.outcome }]])
  })

  it('stands although the store cannot be told', async () => {
    const { guess, codes } = await pending()
    vi.spyOn(codes, 'end').mockRejectedValue(new Error('down'))
    expect((await guess('111111', verified)).verdict).toBe(verified)
    expect(codes.end).toHaveBeenCalledOnce()
  })
})
