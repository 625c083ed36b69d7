/** What the rules say in SQL and in the domain is the same, for whatever settings and factors. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Statement } from '../../src/adapters/postgres/sql.ts'
import { type ContactSnapshot, methodCounts } from '../../src/domain/contact.ts'
import { type Method, methodNames } from '../../src/domain/methods/index.ts'
import { defaultPortalLimits, type Portal } from '../../src/domain/settings.ts'
import { validSkip } from '../../src/domain/skip.ts'
import { OPEN_PATIENCE_MS, type OpenedDatabase, rows } from '../contract/databases.ts'
import { acme, newContactId, newPortalId, someSettings } from '../contract/sample-portals.ts'

const COUNTRIES = ['US', 'CA', 'DE'] as const
const epoch = fc.integer({ min: 0, max: 4 })
const epochs = <K extends string>(names: readonly K[]) =>
  fc.dictionary(fc.constantFrom(...names), epoch, { maxKeys: names.length }) as fc.Arbitrary<Record<string, number>>

/** Whole ms around one instant, so that ends are met exactly. */
const START = Date.parse('2026-03-28T00:00:00Z')
const HOUR = 3_600_000
const instant = fc.integer({ min: -2, max: 74 }).map(hours => new Date(START + hours * HOUR))

const portal: fc.Arbitrary<Portal> = fc
  .record({
    enabled: fc.boolean(),
    methods: fc.subarray([...methodNames]),
    countries: fc.subarray([...COUNTRIES]),
    validFrom: fc.record({ enabled: epoch, methods: epochs(methodNames), countries: epochs(COUNTRIES) }),
    optOut: fc.record({
      allowed: fc.boolean(),
      rememberDays: fc.option(fc.integer({ min: 1, max: 3 })),
      skipsMax: fc.constant(null),
      endsAt: fc.option(instant.map(date => date.toISOString())),
    }),
  })
  .map(({ enabled, methods, countries, validFrom, optOut }) => ({
    portalId: newPortalId(),
    suspended: false,
    guarded: false,
    limits: defaultPortalLimits,
    settings: { ...someSettings, enabled, methods, optOut, sms: { allowedCountries: countries } },
    epoch: 4,
    validFrom,
    version: 1,
    createdAt: new Date(START),
    updatedAt: new Date(START),
    updatedBy: null,
  }))

const factorCounts: Statement<{ counts: boolean | null }> = {
  name: 'test-factor-counts',
  text: 'SELECT factor_counts($1, $2, $3, $4, $5, $6) AS counts',
  parameters: ['methods', 'countries', 'valid_from', 'method', 'country', 'epoch'],
  row: z.object({ counts: z.boolean().nullable() }),
}
const skipCounts: Statement<{ counts: boolean | null }> = {
  name: 'test-skip-counts',
  text: 'SELECT skip_counts($1, $2, $3, $4, $5) AS counts',
  parameters: ['settings', 'valid_from', 'skipped_at', 'skip_epoch', 'at'],
  row: z.object({ counts: z.boolean().nullable() }),
}

const inBerlin: Statement<{ zone: string }> = {
  name: 'test-in-berlin',
  text: "SELECT set_config('TimeZone', 'Europe/Berlin', true) AS zone",
  parameters: [],
  row: z.object({ zone: z.string() }),
}

describe.each(rows)('the rules in SQL: %s', (_name, open) => {
  let opened: OpenedDatabase
  beforeAll(async () => {
    opened = await open()
  }, OPEN_PATIENCE_MS)
  afterAll(() => opened?.close())

  it('B-45: a factor counts in a statement exactly when it counts in the domain', async () => {
    const method = fc.constantFrom<Method>(...methodNames)
    const country = fc.option(fc.constantFrom<string>(...COUNTRIES, 'FR'))
    await fc.assert(
      fc.asyncProperty(portal, method, country, epoch, async (of, name, from, since) => {
        const { settings, validFrom } = of
        const [row] = await opened.database.run(factorCounts, {
          methods: settings.methods,
          countries: settings.sms.allowedCountries,
          valid_from: JSON.stringify(validFrom),
          method: name,
          country: from,
          epoch: since,
        })
        expect(row?.counts).toBe(methodCounts(of, { method: name, country: from, epoch: since }))
      }),
      { numRuns: 500 },
    )
  })

  it('B-43: a skip counts in a statement exactly when it counts in the domain, whatever the time zone', async () => {
    const skip = fc.option(fc.record({ at: instant, epoch }))
    await fc.assert(
      fc.asyncProperty(portal, skip, instant, async (of, made, now) => {
        const { optOut } = of.settings
        const [row] = await opened.database.withTransaction(async door => {
          // Its clocks were put forward on the second day.
          await door.run(inBerlin, {})
          return door.run(skipCounts, {
            settings: JSON.stringify({ optOut }),
            valid_from: JSON.stringify(of.validFrom),
            skipped_at: made?.at.toISOString() ?? null,
            skip_epoch: made?.epoch ?? null,
            at: now.toISOString(),
          })
        })
        const snapshot: ContactSnapshot = {
          now,
          portal: of,
          contact: {
            contactId: newContactId(),
            organizationId: acme,
            ticket: '',
            lockedUntil: null,
            skip: made,
            skips: 1,
            skipsEpoch: 0,
            resetAt: null,
          },
          factors: [],
        }
        expect(row?.counts).toBe(validSkip(snapshot) !== null)
      }),
      { numRuns: 500 },
    )
  })
})
