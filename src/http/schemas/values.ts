/** Values that several bodies share. */
import { z } from 'zod'
import { localeSchema } from '../../domain/settings.ts'

/** An instant in an answer. */
export const instant = z.iso.datetime().meta({ description: 'RFC 3339, UTC.', examples: ['2026-03-01T09:30:00.000Z'] })

export const epoch = z.int().meta({ description: 'Raised when MFA is turned on and when a removed method comes back.' })

/**
 * Text that a person typed: `min` to `max` characters, none of them a control character (INJ-3) or half of a surrogate
 * pair, which JSON columns refuse.
 */
export const plainText = (min: number, max: number) =>
  z
    .string()
    .regex(
      new RegExp(`^[^\\u0000-\\u001f\\u007f-\\u009f]{${min},${max}}$`, 'u'),
      `${min} to ${max} characters, no control characters`,
    )
    .refine(text => text.isWellFormed(), 'is not well-formed Unicode')

/** A code as the contact typed it: a string, since `000123` is no number. Without the m flag `$` is the end of the text. */
export const typedCode = z
  .string()
  .regex(/^[0-9]{6,10}$/, '6 to 10 digits')
  .meta({
    description: 'The code as the contact typed it: a string of digits, leading zeros kept.',
    examples: ['042917'],
  })

/** A compact JWS; what it says is the use case's business. */
export const jws = z
  .string()
  .max(4096)
  .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/, 'a compact JWS')

export const locale = localeSchema.meta({
  description: "BCP 47 language of the message: language, script, region. Default: the portal's.",
  examples: ['en-US'],
})

/** A body without members: none at all, an empty one and `{}` are the same. */
export const noMembers = z.strictObject({})

/** A query is refused where none is read: what belongs elsewhere would stay in the logs of proxies. */
export const noQuery = z.strictObject({})

/** Digits and nothing else: JavaScript also reads 0x10, 1e1 and the empty text as numbers. */
export const limit = z
  .preprocess(text => (/^\d{1,3}$/.test(String(text)) ? Number(text) : text), z.int().min(1).max(200).default(50))
  .meta({ description: 'Items of one page.' })

export const cursor = z
  .string()
  .regex(/^[\w-]{1,1024}$/, 'a cursor of this list')
  .meta({ description: '`nextCursor` of the page before.', examples: ['ImMtMTAwMSI'] })

/** `{items, nextCursor}` of a list. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'Give it as `cursor` for the next page; null: this is the last.' }),
  })
