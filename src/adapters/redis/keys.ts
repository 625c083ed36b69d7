/**
 * Every Redis key is built here. What stands in braces is the hash slot, so that all keys of one script lie on one node
 * of a Cluster. `/ { }` are no part of any id or digest, so no two sets of parts make the same key (INJ-4).
 */
import type { CodeRef } from '../../ports/code-store.ts'

const PART = /^[A-Za-z0-9._~:-]{1,256}$/

/** Joins parts by `/`. Throws on a part that is empty or holds a separator: such an id never passed the domain's schemas. */
function join(parts: readonly string[]): string {
  if (!parts.every(part => PART.test(part))) throw new Error('a part of a Redis key is outside the alphabet of ids')
  return parts.join('/')
}

/** The record of one challenge or enrollment, and its contact's pointers to the open ones. */
export function codeKeys({ portalId, contactId, codeId }: CodeRef): [record: string, open: string] {
  const slot = `{${join(['c', portalId, contactId])}}`
  return [`${slot}/${join([codeId])}`, `${slot}/open`]
}

/** The field of one login and purpose among the open pointers. */
export const pointerField = (purpose: string, loginDigest: string): string => join([purpose, loginDigest])

/** The sends under a limit's sliding windows, and its counter of the day. `limitKey` consists of ids and digests joined by `/`. */
export function limitKeys(limitKey: string): { sent: string; day: string } {
  const slot = `{${join(limitKey.split('/'))}}`
  return { sent: `${slot}/sent`, day: `${slot}/day` }
}

/** One request under its Idempotency-Key. `scope` consists of ids and digests joined by `/`. */
export const requestKey = (scope: string): string => `{${join(['i', ...scope.split('/')])}}`
