import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codeKeys, limitKeys, pointerField, requestKey } from '../../src/adapters/redis/keys.ts'
import { challengeIdSchema, contactIdSchema, portalIdSchema } from '../../src/domain/ids.ts'
import type { CodeRef } from '../../src/ports/code-store.ts'

const CODE_ID = challengeIdSchema.parse(`chl_${'A'.repeat(22)}`)
const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._~:-]{0,15}$/)
const hostile = fc.oneof(id, fc.string(), fc.constantFrom('a}:{b', '*', ' ', 'a\nb', 'a/b', '{', '}', '|', '\0', ''))

const ref = (portalId: string, contactId: string): CodeRef =>
  // Not through the schemas, on purpose: what if an id came in by another way?
  ({ portalId, contactId, codeId: CODE_ID }) as CodeRef

/** All keys that these parts lead to, or null where they are refused. */
function keysOf(portal: string, other: string): string[] | null {
  try {
    const limits = ['c', 'f', 'x'].map(kind => limitKeys(`${kind}/${portal}/${other}`))
    return [
      ...codeKeys(ref(portal, other)),
      ...limits.flatMap(({ sent, day }) => [sent, day]),
      requestKey(`${portal}/${other}`),
    ]
  } catch {
    return null
  }
}

// An id with separators or braces in it, to reach the keys of another portal or to choose the slot.
describe('INJ-4: Redis keys', () => {
  it('differ whenever portal or contact do', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, (portal, contact, portal2, contact2) => {
        fc.pre(portal !== portal2 || contact !== contact2)
        const [one, two] = [keysOf(portal, contact), keysOf(portal2, contact2)]
        if (one && two) expect(one.filter(key => two.includes(key))).toEqual([])
      }),
      { numRuns: 2000 },
    )
  })

  it('accept every id that the domain accepts, and never the same key for two things', () => {
    fc.assert(
      fc.property(id, id, (portal, contact) => {
        const keys = keysOf(portalIdSchema.parse(portal), contactIdSchema.parse(contact))
        expect(new Set(keys).size).toBe(9)
      }),
    )
  })

  it('have one slot, of the whole contact, limit or scope', () => {
    fc.assert(
      fc.property(id, id, (portal, contact) => {
        const slot = /^\{([^{}]+)\}(\/[^{}/]+)?$/
        for (const key of keysOf(portal, contact) ?? ['']) expect(key).toMatch(slot)
        const [record, open] = codeKeys(ref(portal, contact)).map(key => slot.exec(key)?.[1])
        expect(record).toBe(open)
        expect(record).toBe(slot.exec(limitKeys(`c/${portal}/${contact}`).sent)?.[1])
      }),
    )
  })

  it('refuse what is outside the alphabet of ids', () => {
    for (const bad of ['a}:{b', '*', 'a b', 'a\nb', 'a/b', '', 'a|b', 'a\n']) {
      expect(() => codeKeys(ref('acme', bad))).toThrow()
      expect(() => codeKeys(ref(bad, 'c1'))).toThrow()
      expect(() => pointerField('login', bad)).toThrow()
    }
    for (const bad of ['c//c1', 'c/acme/', 'c/acme/{x}', '', '/']) expect(() => limitKeys(bad)).toThrow()
  })
})
