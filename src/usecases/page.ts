import { MfaError } from '../domain/errors.ts'

export interface Page<T> {
  items: T[]
  /** Opaque; null: that was the last page. */
  nextCursor: string | null
}

export const encodeCursor = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString('base64url')

/** The position of a cursor that we gave out; `accepts` tells it from one that somebody made up (400). */
export function decodeCursor<T>(cursor: string | undefined, accepts: (position: unknown) => position is T): T | null {
  if (cursor === undefined) return null
  let position: unknown
  try {
    position = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    position = undefined
  }
  if (accepts(position)) return position
  throw new MfaError('invalid_request', { errors: [{ pointer: '/cursor', message: 'is not a cursor of this list' }] })
}

/** Cuts a list that was asked for with one item more than the page holds. */
export function page<T, V>(found: T[], limit: number, view: (item: T) => V, positionOf: (item: T) => unknown): Page<V> {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return {
    items: items.map(view),
    nextCursor: found.length > limit && last !== undefined ? encodeCursor(positionOf(last)) : null,
  }
}
