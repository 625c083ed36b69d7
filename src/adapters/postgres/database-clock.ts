import type { Door } from './door.ts'
import { type SQL, sql } from './drizzle.ts'

/** The database's clock in a Drizzle statement, moved by what tests set. As a subquery, read once, so that comparing with it can use an index. */
export const databaseNow = (door: Door): SQL<Date> => sql`(SELECT mfa_now(${door.clockOffsetMs()}))`
