/** Instants that come from outside. */
import { z } from 'zod'

/** RFC 3339 with its offset, in UTC of the years 0001 to 9999: what JavaScript and Postgres both write in four digits. */
export const givenInstantSchema = z.iso.datetime({ offset: true, abort: true }).refine(text => {
  const year = new Date(text).getUTCFullYear()
  return year >= 1 && year <= 9999
}, 'not an instant of the years 0001 to 9999')

/** As {@link givenInstantSchema}, in the one form that we give out in cursors: UTC, with the microseconds of the database. */
export const exactInstantSchema = z
  .string()
  .regex(/^.{19}\.\d{6}Z$/)
  .pipe(givenInstantSchema)
