import { z } from 'zod'
import type { Door } from './door.ts'
import type { Database } from './open-database.ts'
import { loadStatement } from './sql.ts'

const customPlans = loadStatement('custom-plans', z.object({}))

/** A transaction whose statements are planned for their very values. */
export const withCustomPlans = <T>(database: Database, work: (door: Door) => Promise<T>): Promise<T> =>
  database.withTransaction(async door => {
    await door.run(customPlans, {})
    return work(door)
  })
