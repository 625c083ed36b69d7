/** A way to spoil a request. It is given a valid one and a source of drawn numbers. */
import type { Draft } from './request.ts'

/** A number below `below`. */
export type Draw = (below: number) => number

export interface Spoiled extends Partial<Draft> {
  /** No answer to it may be a 2xx. What breaks the document's schemas need not be marked. */
  refused?: true
  /** The connection may end without an answer. */
  mayHangUp?: true
}

/** Null: there is nothing in this request to spoil. */
export type Mutation = (draft: Draft, draw: Draw) => Spoiled | null

/** In values and foreign names that are sent: no answer may hold it. */
export const MARKER = 'zq~Marker~zq'

export const pickFrom = <T>(draw: Draw, from: readonly T[]): T => from[draw(from.length)] as T
