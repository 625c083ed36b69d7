/**
 * What we use of Drizzle, loaded from its CommonJS build: its ES build is several hundred tiny modules, which cost more
 * than half of the time to start (measured: 0.4 s against 0.06 s).
 */
import { createRequire } from 'node:module'

const load = createRequire(import.meta.url)
const core = load('drizzle-orm') as typeof import('drizzle-orm')
const pg = load('drizzle-orm/pg-core') as typeof import('drizzle-orm/pg-core')
const proxy = load('drizzle-orm/pg-proxy') as typeof import('drizzle-orm/pg-proxy')
const errors = load('drizzle-orm/errors') as typeof import('drizzle-orm/errors')

export type { SQL } from 'drizzle-orm'
export type { PgRemoteDatabase } from 'drizzle-orm/pg-proxy'
export const { and, asc, desc, eq, gt, gte, isNotNull, isNull, lte, or, sql } = core
export const { boolean, integer, jsonb, pgTable, text, timestamp, uuid } = pg
export const { drizzle: throughProxy } = proxy
export const { DrizzleQueryError } = errors
