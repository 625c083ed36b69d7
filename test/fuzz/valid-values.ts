/** JSON Schemas as arbitraries of valid values; what an id or a name should look like is known by its name. */
import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import type { Resolve, Schema } from './document.ts'
import { faultsOf } from './schema-faults.ts'

const sms = (destination: string, country?: string) => ({ method: 'sms', destination, country })
const email = (destination: string) => ({ method: 'email', destination, country: undefined })

/** Members that must fit each other, by the one that tells where; undefined: left out. */
const together: Record<string, object[]> = {
  destination: [
    ...['+12025550101', '+12025550101', '+12025550101', '+13035550103'].map(number => sms(number)),
    sms('(202) 555-0105', 'US'),
    sms('+14165550104', 'CA'),
    sms('+491701234567'),
    ...['ann@example.com', 'bob+tag@example.org', 'eve@example.net'].map(email),
    sms('ann@example.com'),
    email('+12025550101'),
    sms('+12025550101', 'DE'),
  ],
  grant_type: [
    { role: undefined, subject: undefined, organization_id: undefined },
    { role: 'master_admin', subject: 'boss', organization_id: undefined },
    { role: 'organization_admin', subject: 'c-3', organization_id: 'org-1' },
    {},
  ],
}

/** Points of a curve cannot be drawn. */
function publicJwk(kid: string): object {
  const { publicKey } = generateKeyPairSync('ed25519')
  return { ...publicKey.export({ format: 'jwk' }), kid }
}

const ADDRESSES = ['ann@example.com', 'bob+tag@example.org', 'C.D@xn--bcher-kva.example']

const weighted = <T>(...given: [weight: number, value: T][]): fc.Arbitrary<T> =>
  fc.oneof(...given.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))

const from = (...values: unknown[]) => fc.constantFrom(...values)

/** Few values, so that calls meet; ids of portals as the check of all SQL knows them (TEN-2). */
const byName: Record<string, fc.Arbitrary<unknown>> = {
  contactId: from('c-1', 'c-2', 'c-3', 'boss', 'c.~:-_9'),
  organizationId: from('org-1', 'org-2'),
  organization_id: from('org-1', 'org-2'),
  loginId: fc.nat(99_999).map(no => `login-${no}`),
  portalId: fc.integer({ min: 800_000, max: 800_009 }).map(no => `portal-${no}`),
  subject: from('boss', 'c-1', 'admin-7'),
  // Countries of the numbers above come often, and MFA is mostly on: else most sequences end before they began.
  allowedCountries: weighted(
    [8, ['US', 'CA', 'DE']],
    [2, ['CA', 'US']],
    [1, ['DE']],
    [1, ['DE', 'GB']],
    [1, null as string[] | null],
  ),
  country: from('US', 'CA', 'DE'),
  enabled: weighted([9, true], [1, false]),
  allowed: weighted([3, true], [1, false]),
  suspended: weighted([9, false], [1, true]),
  dailyMessagesMax: weighted([4, 10_000], [1, 10_000_000], [1, 3], [1, 1], [1, 0]),
  grant_type: weighted([9, 'client_credentials'], [1, 'password']),
  role: from('portal', 'organization_admin', 'master_admin', 'operator'),
  client_id: from('operator', 'nobody', 'cli_AAAAAAAAAAAAAAAAAAAAAA'),
  client_secret: from('wrong-secret', 'x'),
  keys: from([publicJwk('a')], [publicJwk('a'), publicJwk('b')], []),
  assertion: from('eyJhbGciOiJFUzI1NiJ9.e30.c2ln'),
  'If-Match': from('*', '*', '*', '"1"', 'W/"2"', '"x", "3"', ''),
  cursor: fc.oneof(
    fc.constantFrom('c-1', 'p-1', 1, null, 'a\0b', '\ud800').map(encoded),
    fc
      .record({
        at: from('2026-03-01T00:00:00.000000Z', '2026-03-01T00:00:00+20:00', '0', '+275760-09-13', 'x\0'),
        eventId: from('evt_R2hXd6fT9iUa4CnOw8PjQg', 'e', 'e\0'),
      })
      .map(encoded),
    fc.stringMatching(/^[\w-]{1,20}$/),
  ),
}

function encoded(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/** For patterns that look around, which cannot be generated from. */
const SAMPLES = ['Acme Client Portal', 'Größe & Co.', "L'Été-2", 'x', 'ACME', 'Acme-1', 'login.example.com', 'a-b.co']

/** The edges of what Postgres and JavaScript call an instant. */
const INSTANTS = [
  ...Array(6).fill('2026-03-01T00:00:00Z'),
  '2099-12-31T23:59:59.999999+14:00',
  '1970-01-01T00:00:00-12:00',
  '0001-01-01T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '0000-01-01T00:00:00+23:59',
  '9999-12-31T23:59:59.999Z',
  '9999-12-31T23:59:59-23:59',
]

/** Members that may be sent only unchanged. */
const READ_ONLY = ['epoch', 'version', 'updatedAt', 'updatedBy']

export function validValue(resolve: Resolve, given: Schema, name = ''): fc.Arbitrary<unknown> {
  const schema = resolve(given)
  const named = byName[name]?.filter(value => faultsOf(resolve, schema, value).length === 0)
  if (named) return named
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.const !== undefined) return fc.constant(schema.const)
  const choice = schema.anyOf ?? schema.oneOf
  if (choice) return fc.oneof(...choice.map(one => validValue(resolve, one, name)))
  switch ([schema.type].flat()[0]) {
    case 'string':
      return strings(resolve, schema)
    case 'integer':
      return integers(schema)
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.uniqueArray(validValue(resolve, schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: 3 })
    case 'object':
      return objects(resolve, schema)
  }
  throw new Error(`nobody has taught the fuzzer to make a ${JSON.stringify(schema)}`)
}

function strings(resolve: Resolve, schema: Schema): fc.Arbitrary<string> {
  if (schema.format === 'date-time') return fc.constantFrom(...INSTANTS)
  if (schema.format === 'email') return fc.constantFrom(...ADDRESSES)
  const looksAround = /\(\?[=!]/.test(JSON.stringify(schema))
  if (looksAround || schema.allOf) {
    const samples = SAMPLES.filter(sample => faultsOf(resolve, schema, sample).length === 0)
    if (samples.length === 0) throw new Error(`the fuzzer has no sample of ${JSON.stringify(schema)}`)
    return fc.constantFrom(...samples)
  }
  if (schema.pattern) return fc.stringMatching(new RegExp(schema.pattern, 'u'))
  return fc.string({ minLength: schema.minLength ?? 0, maxLength: Math.min(schema.maxLength ?? 20, 40) })
}

function integers({ minimum = -1000, maximum = 1000 }: Schema): fc.Arbitrary<number> {
  const near = Math.min(maximum, minimum + 20)
  return fc.oneof(fc.constantFrom(minimum, maximum), fc.integer({ min: minimum, max: near }))
}

function objects(resolve: Resolve, schema: Schema): fc.Arbitrary<object> {
  const { properties = {}, required = [], additionalProperties: more, propertyNames } = schema
  if (typeof more === 'object' && propertyNames)
    return fc.dictionary(validValue(resolve, propertyNames) as fc.Arbitrary<string>, validValue(resolve, more), {
      maxKeys: 2,
    })
  const members = Object.entries(properties).filter(([name]) => !READ_ONLY.includes(name))
  const arbitraries = Object.fromEntries(members.map(([name, one]) => [name, validValue(resolve, one, name)]))
  const object = fc.record(arbitraries, { requiredKeys: required, noNullPrototype: true }) as fc.Arbitrary<object>
  const sets = Object.keys(properties).flatMap(name => together[name] ?? [])
  return sets.length === 0 ? object : fc.oneof(...sets.map(set => object.map(value => ({ ...value, ...set }))))
}
