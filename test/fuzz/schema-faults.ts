/** What of JSON Schema the OpenAPI document uses; a word that is not known here fails, so nothing passes unread. */
import type { Resolve, Schema } from './document.ts'

const WORDS_WITHOUT_RULES = new Set(['description', 'examples', 'example', 'default', 'title'])

type Rule = (schema: Schema, value: unknown, resolve: Resolve, at: string) => string[]

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const fits: Record<string, (value: unknown) => boolean> = {
  string: value => typeof value === 'string',
  integer: value => Number.isInteger(value),
  number: value => typeof value === 'number',
  boolean: value => typeof value === 'boolean',
  null: value => value === null,
  array: Array.isArray,
  object: isObject,
}

const formats: Record<string, RegExp> = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  email: /^[^\s@]+@[^\s@]+\.[^\s@]+$/,
}

const unless = (holds: boolean, fault: string): string[] => (holds ? [] : [fault])
const whenString = (value: unknown, rule: (text: string) => string[]) => (typeof value === 'string' ? rule(value) : [])
const whenNumber = (value: unknown, holds: (number: number) => boolean, fault: string) =>
  typeof value === 'number' ? unless(holds(value), fault) : []

const rules: Record<string, Rule> = {
  $ref: (schema, value, resolve, at) => faultsOf(resolve, resolve(schema), value, at),
  type: ({ type = [] }, value, _, at) =>
    unless(
      [type].flat().some(name => fits[name]?.(value)),
      `${at}: is no ${type}`,
    ),
  enum: (schema, value, _, at) => unless(schema.enum?.includes(value) ?? true, `${at}: is not in the enum`),
  const: (schema, value, _, at) => unless(value === schema.const, `${at}: is not the constant`),
  pattern: ({ pattern = '' }, value, _, at) =>
    whenString(value, text => unless(new RegExp(pattern, 'u').test(text), `${at}: does not match ${pattern}`)),
  format: ({ format = '' }, value, _, at) =>
    whenString(value, text => unless(formats[format]?.test(text) ?? false, `${at}: is no ${format}`)),
  minLength: (schema, value, _, at) =>
    whenString(value, text => unless([...text].length >= (schema.minLength ?? 0), `${at}: is too short`)),
  maxLength: (schema, value, _, at) =>
    whenString(value, text => unless([...text].length <= (schema.maxLength ?? 0), `${at}: is too long`)),
  minimum: (schema, value, _, at) => whenNumber(value, n => n >= (schema.minimum ?? 0), `${at}: is too small`),
  maximum: (schema, value, _, at) => whenNumber(value, n => n <= (schema.maximum ?? 0), `${at}: is too large`),
  minItems: (schema, value, _, at) =>
    Array.isArray(value) ? unless(value.length >= (schema.minItems ?? 0), `${at}: has too few items`) : [],
  maxItems: (schema, value, _, at) =>
    Array.isArray(value) ? unless(value.length <= (schema.maxItems ?? value.length), `${at}: has too many items`) : [],
  items: ({ items = {} }, value, resolve, at) =>
    Array.isArray(value) ? value.flatMap((item, index) => faultsOf(resolve, items, item, `${at}/${index}`)) : [],
  properties: ({ properties = {} }, value, resolve, at) =>
    isObject(value)
      ? Object.entries(properties).flatMap(([name, schema]) =>
          Object.hasOwn(value, name) ? faultsOf(resolve, schema, value[name], `${at}/${name}`) : [],
        )
      : [],
  required: ({ required = [] }, value, _, at) =>
    isObject(value)
      ? required.filter(name => !Object.hasOwn(value, name)).map(name => `${at}/${name}: is missing`)
      : [],
  additionalProperties: ({ additionalProperties: more = true, properties = {} }, value, resolve, at) => {
    if (!isObject(value) || more === true) return []
    const extra = Object.keys(value).filter(name => !Object.hasOwn(properties, name))
    if (more === false) return extra.map(name => `${at}/${name}: is not known`)
    return extra.flatMap(name => faultsOf(resolve, more, value[name], `${at}/${name}`))
  },
  propertyNames: ({ propertyNames = {} }, value, resolve, at) =>
    isObject(value) ? Object.keys(value).flatMap(name => faultsOf(resolve, propertyNames, name, `${at}/${name}`)) : [],
  allOf: ({ allOf = [] }, value, resolve, at) => allOf.flatMap(schema => faultsOf(resolve, schema, value, at)),
  anyOf: ({ anyOf = [] }, value, resolve, at) =>
    unless(
      anyOf.some(schema => faultsOf(resolve, schema, value).length === 0),
      `${at}: fits none of anyOf`,
    ),
  oneOf: ({ oneOf = [] }, value, resolve, at) =>
    unless(
      oneOf.filter(schema => faultsOf(resolve, schema, value).length === 0).length === 1,
      `${at}: does not fit just one of oneOf`,
    ),
}

/** Every way in which a value breaks a schema; none: it fits. */
export function faultsOf(resolve: Resolve, schema: Schema, value: unknown, at = ''): string[] {
  return Object.keys(schema)
    .filter(word => !WORDS_WITHOUT_RULES.has(word))
    .flatMap(word => {
      const rule = rules[word]
      if (!rule) throw new Error(`nobody has taught the fuzzer the word ${word}`)
      return rule(schema, value, resolve, at)
    })
}
