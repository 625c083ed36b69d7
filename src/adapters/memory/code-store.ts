import { sameDigest } from '../../domain/code.ts'
import { ATTEMPTS_MAX, ENDED_READABLE_SECONDS, SENDS_MAX } from '../../domain/limits.ts'
import type { CodeRef, CodeStore } from '../../ports/code-store.ts'
import { aliveCodes, endOf, newestOf, resendAt, type Stored, toRecord, toSend } from './code-record.ts'
import { makeExpiringMap } from './expiring-map.ts'

/** Challenges and enrollments in this process. `now`: ms, the clock that judges lifetimes and waits. */
export function makeMemoryCodeStore(now: () => number): CodeStore {
  const records = makeExpiringMap<Stored>(now)
  /** Portal, contact, purpose and login → the record that is open there. */
  const pointers = makeExpiringMap<Stored>(now)

  const find = (ref: CodeRef) => records.get(keyOf(ref))
  const view = (stored: Stored) => toRecord(stored, pointers.get(stored.pointer), now())
  const point = (stored: Stored) => pointers.set(stored.pointer, stored, readableUntil(stored))

  /** Puts a record where it can be read until some time after its end. */
  function keep(stored: Stored): void {
    records.set(keyOf(stored.binding), stored, readableUntil(stored))
    if (pointers.get(stored.pointer) === stored) point(stored)
  }

  return {
    async open({ binding, code, sameness, pendingMs }) {
      const pointer = [binding.portalId, binding.contactId, binding.purpose, binding.loginDigest].join('/')
      const before = pointers.get(pointer)
      if (before && view(before).status === 'pending') {
        if (before.sameness === sameness) return { outcome: 'existing', record: view(before) }
        before.endedAt = now()
        keep(before)
      }
      const pendingUntil = pendingMs === null ? null : now() + pendingMs
      const stored: Stored = {
        binding,
        pointer,
        sameness,
        state: 'pending',
        attemptsLeft: ATTEMPTS_MAX,
        attemptIds: new Set(),
        pendingUntil,
        endedAt: null,
        displaced: before === find(binding) ? undefined : before,
        serial: 1,
        sends: [toSend(1, code, now(), pendingUntil)],
      }
      keep(stored)
      point(stored)
      return { outcome: 'opened', record: view(stored) }
    },

    async renew(ref, code) {
      const stored = find(ref)
      if (!stored) return { outcome: 'missing' }
      const record = view(stored)
      if (record.status !== 'pending') return { outcome: 'over', record }
      if (stored.sends.length >= SENDS_MAX) return { outcome: 'sends_exhausted', record }
      const retryAt = resendAt(stored, code.target.factorId) ?? 0
      if (now() < retryAt) return { outcome: 'too_soon', record, retryAt: new Date(retryAt) }
      stored.serial += 1
      stored.sends.push(toSend(stored.serial, code, now(), stored.pendingUntil))
      keep(stored)
      return { outcome: 'renewed', record: view(stored), sendNo: stored.serial }
    },

    async noteSend(ref, sendNo, outcome) {
      const stored = find(ref)
      if (!stored || newestOf(stored).no !== sendNo) return
      if (outcome !== 'refused') newestOf(stored).delivery = outcome
      else if (stored.state === 'pending') takeBack(stored)
    },

    async spend(ref, loginDigest, attemptId) {
      const stored = find(ref)
      if (!stored || !sameDigest(stored.binding.loginDigest, loginDigest)) return { outcome: 'missing' }
      const record = view(stored)
      const seen = stored.attemptIds.has(attemptId)
      const again = seen && stored.state === 'pending' && record.status === 'exhausted'
      const codes = aliveCodes(stored, now())
      if (codes.length === 0 || (record.status !== 'pending' && !again)) return { outcome: 'over', record }
      if (!seen) {
        stored.attemptIds.add(attemptId)
        stored.attemptsLeft -= 1
        if (stored.attemptsLeft === 0) stored.endedAt = now()
        keep(stored)
      }
      return { outcome: 'spent', record: view(stored), codes }
    },

    async end(ref, status) {
      const stored = find(ref)
      if (stored?.state !== 'pending' || !['pending', 'exhausted'].includes(view(stored).status)) return
      stored.state = status
      stored.endedAt = now()
      keep(stored)
    },

    async read(ref) {
      const stored = find(ref)
      return stored ? view(stored) : null
    },
  }

  /** Undoes the newest send. If it was the only one, the pointer names again what it named before, unless a later record stands there. */
  function takeBack(stored: Stored): void {
    const { displaced, pointer, sends } = stored
    if (sends.length > 1) {
      sends.pop()
      keep(stored)
      return
    }
    records.delete(keyOf(stored.binding))
    let above = pointers.get(pointer)
    if (above === stored) pointers.delete(pointer)
    if (above === stored && displaced) {
      if (displaced.state === 'pending' && displaced.attemptsLeft > 0) displaced.endedAt = null
      point(displaced)
      keep(displaced)
    }
    for (; above; above = above.displaced) if (above.displaced === stored) above.displaced = displaced
  }
}

const keyOf = ({ portalId, contactId, codeId }: CodeRef): string => [portalId, contactId, codeId].join('/')

const readableUntil = (stored: Stored): number => (stored.endedAt ?? endOf(stored)) + ENDED_READABLE_SECONDS * 1000
