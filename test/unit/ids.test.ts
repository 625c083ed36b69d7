/** Ids: what is one, and that none could pass for a separator, an address or an id of another kind. */
import { describe, expect, it } from 'vitest'
import * as ids from '../../src/domain/ids.ts'

const { portalIdSchema, organizationIdSchema, contactIdSchema, loginIdSchema, subjectSchema } = ids
const foreign = { portalIdSchema, organizationIdSchema, contactIdSchema, loginIdSchema, subjectSchema }
const own = {
  enr: ids.enrollmentIdSchema,
  chl: ids.challengeIdSchema,
  fct: ids.factorIdSchema,
  evt: ids.eventIdSchema,
  cli: ids.clientIdSchema,
}
const taken = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) =>
  schema.safeParse(value).success

describe.each(Object.entries(foreign))('an id of the portal, by %s', (_, schema) => {
  it.each(['a', 'Z', '0', '9', 'a.b_c~d:e-f', 'a'.repeat(128)])('may be %j', id => expect(taken(schema, id)).toBe(true))

  it.each(['', '.a', '_a', '~a', ':a', '-a', 'a b', 'a/b', 'a|b', 'a{b', 'a}b', 'a@b', '+1', 'a\n', '\na', 'é', 'a\0'])(
    'may not be %j',
    id => expect(taken(schema, id)).toBe(false),
  )

  it('has 128 characters at most, and is a string', () => {
    for (const value of ['a'.repeat(129), 1, null, ['a'], {}]) expect(taken(schema, value)).toBe(false)
  })
})

describe.each(Object.entries(own))('an id of ours with %s', (prefix, schema) => {
  const id = ids.idFrom(prefix as keyof typeof own, new Uint8Array(ids.ID_BYTES).fill(255))

  it('is made of its prefix and 128 bits', () => {
    expect(id).toBe(`${prefix}_${'_'.repeat(21)}w`)
    expect(taken(schema, id)).toBe(true)
  })

  it('is nothing shorter, longer, of another kind or alphabet', () => {
    const others = Object.keys(own).filter(other => other !== prefix)
    const wrong = [
      id.slice(0, -1),
      `${id}A`,
      ` ${id}`,
      `${id}\n`,
      id.replace('w', '+'),
      id.replace('_', '-'),
      id.slice(1),
    ]
    for (const value of [...wrong, ...others.map(other => id.replace(prefix, other))])
      expect(taken(schema, value), value).toBe(false)
  })
})
