/** Answers as they travel: instants as RFC 3339 UTC strings, absent members left out. */

/** `T` with every `Date` as its string. */
export type Wire<T> = T extends Date
  ? string
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends readonly (infer Item)[]
      ? Wire<Item>[]
      : T extends object
        ? { [Member in keyof T]: Wire<T[Member]> }
        : T

/** The value as JSON carries it, so that a stored answer and a fresh one are the same. */
export const wire = <T>(value: T): Wire<T> => convert(value) as Wire<T>

function convert(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(convert)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members.map(([name, member]) => [name, convert(member)]))
}
