/** Resending, for challenges and enrollments: the same waits, the same undo. */
import type { CodeRecord } from '../domain/code.ts'
import { MfaError } from '../domain/errors.ts'
import type { CodeRef, NewCode } from '../ports/code-store.ts'
import type { Ports } from '../ports/ports.ts'
import { overError, whatIsLeft } from './refusals.ts'
import type { Placed } from './send-code.ts'

/** The record, if it is pending; else why not. */
export async function pendingRecord({ codes }: Ports, ref: CodeRef): Promise<CodeRecord> {
  const record = await codes.read(ref)
  if (!record) throw new MfaError('not_found')
  if (record.status !== 'pending') throw overError(record)
  return record
}

/** Refuses what is bound to be refused before anything is recorded; `renew` judges again, atomically. */
export function mustAllowResend(record: CodeRecord, sameTarget: boolean): void {
  if (record.sendsLeft === 0) throw sendsExhausted(record)
  if (sameTarget && record.resendAt && record.resendAt > record.readAt) throw tooSoon(record, record.resendAt)
}

/** Places the next code of a challenge or enrollment. */
export async function renewCode({ codes }: Ports, ref: CodeRef, code: NewCode): Promise<Placed> {
  const renewed = await codes.renew(ref, code)
  switch (renewed.outcome) {
    case 'renewed':
      return renewed
    case 'missing':
      throw new MfaError('not_found')
    case 'over':
      throw overError(renewed.record)
    case 'too_soon':
      throw tooSoon(renewed.record, renewed.retryAt)
    case 'sends_exhausted':
      throw sendsExhausted(renewed.record)
  }
}

/** `resendAt`: for the target that was asked for. */
const tooSoon = (record: CodeRecord, resendAt: Date): MfaError =>
  new MfaError('resend_too_soon', {
    ...whatIsLeft(record),
    resendAt: resendAt.toISOString(),
    retryAfterSeconds: secondsUntil(resendAt, record.readAt),
  })

/** Nothing but a new challenge or enrollment helps; the old one is in the way until its code has expired. */
const sendsExhausted = (record: CodeRecord): MfaError =>
  new MfaError('sends_exhausted', {
    ...whatIsLeft(record),
    retryAfterSeconds: secondsUntil(record.expiresAt, record.readAt),
  })

const secondsUntil = (at: Date, now: Date): number => Math.max(1, Math.ceil((at.getTime() - now.getTime()) / 1000))
