/**
 * Mutants by hand of the SQL, and of the conditions that Drizzle turns into SQL: what counts, compares and expires, and what
 * binds to an epoch, a ticket, a contact or a portal.
 */
import type { Mutants } from './by-hand.ts'

const SQL = 'src/adapters/postgres/sql'
const SETTLEMENT = ['test/contract/settlement.contract.test.ts']
const RACES = [...SETTLEMENT, 'test/contract/settlement-races.test.ts']
const CONTACTS = ['test/contract/contacts.contract.test.ts']
const TENANTS = ['test/contract/tenancy.contract.test.ts']
const CLIENTS = ['test/contract/api-clients.contract.test.ts', ...TENANTS]
const PORTALS = ['test/contract/portals.contract.test.ts']
const RULES = ['test/property/sql-rules.property.test.ts']

export const postgresMutants: Mutants[] = [
  {
    file: 'migrations/0002-rules-in-sql.sql',
    suites: [...RULES, ...CONTACTS],
    mutants: [
      ['SELECT method = ANY (methods)\n     AND epoch', 'SELECT epoch'],
      ["epoch >= coalesce((valid_from -> 'methods'", "epoch > coalesce((valid_from -> 'methods'"],
      [
        "country = ANY (countries) AND epoch >= coalesce((valid_from -> 'countries' ->> country)::integer, 0)",
        'country = ANY (countries)',
      ],
      ["epoch >= coalesce((valid_from -> 'countries'", "epoch > coalesce((valid_from -> 'countries'"],
      ['country = ANY (countries) AND', ''],
      ["skip_epoch >= (valid_from ->> 'enabled')", "skip_epoch > (valid_from ->> 'enabled')"],
      ["skip_epoch >= (valid_from ->> 'enabled')::integer\n    AND", ''],
      ["AND (settings -> 'optOut' ->> 'allowed')::boolean", ''],
      ['at < coalesce((settings', 'at <= coalesce((settings'],
      ['at < coalesce(skipped_at', 'at <= coalesce(skipped_at'],
    ],
  },
  {
    file: `${SQL}/judged-under.sql`,
    suites: [...RACES, ...TENANTS],
    mutants: [
      ['c.contact_id = :contact_id FOR NO KEY UPDATE', 'c.contact_id = :contact_id'],
      ['WHERE c.portal_id = :portal_id AND c.contact_id', 'WHERE c.contact_id'],
      [', LATERAL (SELECT pg_advisory_xact_lock_shared(portal_lock(c.portal_id))) AS turn', ''],
    ],
  },
  {
    file: `${SQL}/settle-challenge.sql`,
    suites: [...SETTLEMENT, ...TENANTS],
    mutants: [
      ['f.portal_id = c.portal_id AND f.portal_id = :portal_id AND', ''],
      [' AND f.factor_id = :factor_id\n', '\n'],
      ['f.contact_id = :contact_id AND f.factor_id', 'f.factor_id'],
      ['(j.failures + 1) % :failures_per_lock', 'j.failures % :failures_per_lock'],
      ['NOT :right AND (j.failures', '(j.failures'],
      ['j.factor_failures + 1 AS in_a_row', 'j.factor_failures AS in_a_row'],
      ['count(*)::integer + 1', 'count(*)::integer'],
      [" WHERE t > j.now - :window_seconds * interval '1 second'", ''],
      ["WHEN NOT c.enabled THEN 'mfa_disabled'", "WHEN false THEN 'mfa_disabled'"],
      ["WHEN :method <> ALL (c.methods) THEN 'method_not_allowed'", ''],
      ['WHEN c.slot IS NULL\n', 'WHEN false\n'],
      ['OR NOT factor_counts(c.methods, c.countries, c.valid_from, c.method, c.country, c.factor_epoch)', ''],
      ['OR NOT factor_counts(c.methods, c.countries, c.valid_from, c.method, c.country, :epoch)', ''],
      ["WHEN c.disabled_at IS NOT NULL THEN 'disabled' WHEN", 'WHEN'],
      ["WHEN c.locked_until > c.now THEN 'locked' ELSE", 'ELSE'],
      ['c.locked_until > c.now', "c.locked_until + interval '1 second' > c.now"],
      ['c.in_a_row >= :factor_failures_max', 'c.in_a_row > :factor_failures_max'],
      ['c.in_window >= :window_failures_max', 'c.in_window > :window_failures_max'],
      [' OR c.in_window >= :window_failures_max', ''],
      [
        'UPDATE contacts t SET failures = CASE WHEN :right THEN 0 ELSE t.failures + 1 END',
        'UPDATE contacts t SET failures = t.failures + 1',
      ],
      [
        'UPDATE contacts t SET failures = CASE WHEN :right THEN 0 ELSE t.failures + 1 END',
        'UPDATE contacts t SET failures = 0',
      ],
      ["THEN v.now + :lock_seconds * interval '1 second' END", 'THEN v.now END'],
      [
        't.portal_id = :portal_id AND t.contact_id = :contact_id AND v.charged\n',
        't.contact_id = :contact_id AND v.charged\n',
      ],
      ['t.contact_id = :contact_id AND v.charged\n', 'v.charged\n'],
      ['t.contact_id = :contact_id AND v.charged\n', 't.contact_id = :contact_id\n'],
      [' OR v.failures > 0 OR v.locked_until IS NOT NULL', ''],
      [
        'UPDATE factors t SET failures = CASE WHEN :right THEN 0 ELSE t.failures + 1 END',
        'UPDATE factors t SET failures = t.failures + 1',
      ],
      [
        'UPDATE factors t SET failures = CASE WHEN :right THEN 0 ELSE t.failures + 1 END',
        'UPDATE factors t SET failures = 0',
      ],
      [' || v.now END', ' END'],
      ['used_at = CASE WHEN :right THEN v.now ELSE t.used_at END', 'used_at = v.now'],
      ["disabled_at = CASE WHEN v.outcome = 'disabled' THEN v.now END", 'disabled_at = t.disabled_at'],
      ['t.portal_id = :portal_id AND t.contact_id = :contact_id AND t.slot', 't.contact_id = :contact_id AND t.slot'],
      ['t.contact_id = :contact_id AND t.slot', 't.slot'],
      [' AND t.slot = v.slot', ''],
      ['t.slot = v.slot AND v.charged', 't.slot = v.slot'],
    ],
  },
  {
    file: `${SQL}/settle-enrollment.sql`,
    suites: [...SETTLEMENT, ...TENANTS, 'test/contract/settlement-races.test.ts'],
    mutants: [
      ["WHEN j.ticket::text <> :ticket THEN 'cancelled' WHEN", 'WHEN'],
      ["WHEN NOT j.enabled THEN 'mfa_disabled'", "WHEN false THEN 'mfa_disabled'"],
      ["WHEN :method <> ALL (j.methods) THEN 'method_not_allowed'", ''],
      ["WHEN NOT factor_counts(j.methods, j.countries, j.valid_from, :method, :country, :epoch) THEN 'cancelled'", ''],
      ['WHEN EXISTS (', 'WHEN false AND EXISTS ('],
      ['f.portal_id = c.portal_id AND f.portal_id = :portal_id AND', ''],
      ['f.contact_id = :contact_id AND f.method', 'f.method'],
      [' AND f.method = :proved_method\n', ' AND :proved_method::text IS NOT NULL\n'],
      [' FOR NO KEY UPDATE OF f\n', '\n'],
      ['factor_counts(j.methods, j.countries, j.valid_from, f.method, f.country, f.epoch)\n                   AND', ''],
      [
        '\n                   AND factor_counts(j.methods, j.countries, j.valid_from, f.method, f.country, :proved_epoch)',
        '',
      ],
      [
        'SELECT FROM factors f WHERE f.portal_id = :portal_id AND f.contact_id',
        'SELECT FROM factors f WHERE f.contact_id',
      ],
      [
        'WHERE f.portal_id = :portal_id AND f.contact_id = :contact_id\n                   AND factor_counts',
        'WHERE f.portal_id = :portal_id AND factor_counts',
      ],
      [
        '\n                   AND factor_counts(j.methods, j.countries, j.valid_from, f.method, f.country, f.epoch)',
        '',
      ],
      ["WHEN j.locked_until > j.now THEN 'locked' ELSE", 'ELSE'],
      ['(j.failures + 1) % :failures_per_lock', 'j.failures % :failures_per_lock'],
      ['failures = CASE WHEN :right THEN 0 ELSE t.failures + 1 END', 'failures = t.failures + 1'],
      ['failures = CASE WHEN :right THEN 0 ELSE t.failures + 1 END', 'failures = 0'],
      ['ticket = CASE WHEN :right THEN v.next_ticket ELSE t.ticket END', 'ticket = t.ticket'],
      ['ticket = CASE WHEN :right THEN v.next_ticket ELSE t.ticket END', 'ticket = v.next_ticket'],
      ['skipped_at = CASE WHEN :right THEN NULL ELSE t.skipped_at END', 'skipped_at = t.skipped_at'],
      ['reset_at = CASE WHEN :right THEN NULL ELSE t.reset_at END', 'reset_at = t.reset_at'],
      [
        't.portal_id = :portal_id AND t.contact_id = :contact_id AND v.charged',
        't.contact_id = :contact_id AND v.charged',
      ],
      ['t.contact_id = :contact_id AND v.charged', 't.contact_id = :contact_id'],
      [
        'f.portal_id = :portal_id AND f.contact_id = :contact_id AND v.charged',
        'f.contact_id = :contact_id AND v.charged',
      ],
      ['f.contact_id = :contact_id AND v.charged', 'v.charged'],
      ['v.charged AND :right AND f.slot', 'v.charged AND f.slot'],
      ['AND NOT factor_counts(v.methods, v.countries, v.valid_from, f.method, f.country, f.epoch)', ''],
      ['FROM verdict v WHERE v.charged AND :right', 'FROM verdict v WHERE v.charged'],
      ['FROM verdict v WHERE v.charged AND :right', 'FROM verdict v WHERE :right'],
      ["failures = 0, failed_at = '{}', disabled_at = NULL", 'failures = f.failures'],
      ['epoch = excluded.epoch, secret_sealed', 'secret_sealed'],
    ],
  },
  {
    file: `${SQL}/settled.sql`,
    suites: [...SETTLEMENT, ...TENANTS],
    mutants: [
      ['cardinality(s.attempts) < :attempts_max', 'cardinality(s.attempts) <= :attempts_max'],
      ['AND s.won_at IS NULL AND', 'AND'],
      ['AND :attempt_id <> ALL (s.attempts) AS charge', 'AS charge'],
      ['s.charged_by = :event_id AS charged', 'true AS charged'],
      [':attempts_max - s.place AS attempts_left', ':attempts_max - s.place + 1 AS attempts_left'],
      ["\n              WHEN s.won_at IS NOT NULL THEN 'already_used'", ''],
      ['CASE WHEN s.place IS NOT NULL AND (s.charged', 'CASE WHEN (s.charged'],
      ["s.charged OR s.verdicts[s.place] <> 'verified' OR g.void", 's.charged OR g.void'],
      ["(s.charged OR s.verdicts[s.place] <> 'verified'", "(s.verdicts[s.place] <> 'verified'"],
      [' OR g.void IS NULL AND s.won_ticket = g.ticket', ''],
      ['OR g.void IS NULL AND', 'OR'],
      [' AND s.won_ticket = g.ticket)', ')'],
      ["WHEN g.state <> 'open' THEN g.state ELSE 'exhausted'", "ELSE 'exhausted'"],
      ['CASE WHEN charge THEN excluded.won_ticket ELSE s.won_ticket END', 'excluded.won_ticket'],
      [
        "ELSE '{}' END, CASE WHEN g.state = 'open' THEN ARRAY[g.would_be]",
        "ELSE ARRAY[:attempt_id] END, CASE WHEN g.state = 'open' THEN ARRAY[g.would_be]",
      ],
    ],
  },
  {
    file: `${SQL}/request-challenge.sql`,
    suites: [...SETTLEMENT, ...TENANTS],
    mutants: [
      ['f.portal_id = :portal_id AND f.contact_id', 'f.contact_id'],
      ['f.contact_id = :contact_id AND', ''],
      [' AND f.disabled_at IS NULL', ''],
      ['s.enabled AND', ''],
      ['AND NOT coalesce(s.locked_until > s.now, false)', ''],
      [
        'AND f.factor_id = coalesce(:factor_id, f.factor_id)',
        'AND coalesce(:factor_id::text, f.factor_id) IS NOT NULL',
      ],
      ['AND factor_counts(s.methods, s.countries, s.valid_from, f.method, f.country, f.epoch)', ''],
      ['coalesce(:epoch, f.epoch))', 'coalesce(f.epoch, :epoch))'],
      ['greatest(f.used_at, f.confirmed_at) DESC', 'greatest(f.used_at, f.confirmed_at)'],
    ],
  },
  {
    file: `${SQL}/request-enrollment.sql`,
    suites: [...SETTLEMENT, ...TENANTS],
    mutants: [
      ['WHERE c.portal_id = :portal_id AND c.contact_id', 'WHERE c.contact_id'],
      ['NOT EXISTS (SELECT FROM known) AND :epoch::integer IS NULL AND', 'NOT EXISTS (SELECT FROM known) AND'],
      ['AND :epoch::integer IS NULL AND p.enabled', 'AND :epoch::integer IS NULL'],
      ['f.portal_id = :portal_id AND f.contact_id', 'f.contact_id'],
      ['f.contact_id = :contact_id\n', 'true\n'],
      ['WHERE p.enabled AND c.organization_id = :organization_id', 'WHERE c.organization_id = :organization_id'],
      ['p.enabled AND c.organization_id = :organization_id AND', 'p.enabled AND'],
      ['AND NOT coalesce(c.locked_until > p.now, false)', ''],
      ['AND factor_counts(p.methods, p.countries, p.valid_from, :method, :country, coalesce(:epoch, p.epoch))', ''],
      ['coalesce(:epoch, p.epoch)', 'p.epoch'],
      ['AND (:epoch::integer IS NULL OR c.ticket::text = :ticket)', ''],
      ['WHERE disabled_at IS NULL)', ')'],
      ['f.method = :proved_method AND', ':proved_method::text IS NOT NULL AND'],
      [' AND factor_counts(p.methods, p.countries, p.valid_from, f.method, f.country, :proved_epoch) AS', ' AS'],
      ['WHERE proved)', ')'],
      ['WHERE proved) AND c.ticket::text = :ticket', 'WHERE proved)'],
    ],
  },
  {
    file: `${SQL}/snapshot.sql`,
    suites: [...CONTACTS, ...TENANTS],
    mutants: [
      ['ON c.portal_id = :portal_id AND c.contact_id', 'ON c.contact_id'],
      ['\n WHERE p.portal_id = :portal_id', ''],
    ],
  },
  {
    file: `${SQL}/factors-of-contact.sql`,
    suites: [...CONTACTS, ...TENANTS],
    mutants: [
      ['f.portal_id = :portal_id AND f.contact_id', 'f.contact_id'],
      [' AND f.contact_id = c.contact_id', ''],
      ['confirmed_at) DESC', 'confirmed_at)'],
    ],
  },
  {
    file: `${SQL}/snapshot-for-login.sql`,
    suites: [...CONTACTS, ...TENANTS],
    mutants: [
      ['WHERE portal_id = :portal_id AND contact_id', 'WHERE contact_id'],
      [' AND organization_id <> :organization_id', ''],
      ['FROM before\n   WHERE c.portal_id = :portal_id AND c.contact_id', 'FROM before\n   WHERE c.contact_id'],
      ['contacts c WHERE c.portal_id = :portal_id AND c.contact_id', 'contacts c WHERE c.contact_id'],
    ],
  },
  {
    file: `${SQL}/contact-status.sql`,
    suites: [...CONTACTS, ...TENANTS],
    mutants: [
      ['f.portal_id = :portal_id AND f.contact_id', 'f.contact_id'],
      ['f.contact_id = c.contact_id\n', 'true\n'],
      [
        '\n                     AND factor_counts(p.methods, p.countries, p.valid_from, f.method, f.country, f.epoch)',
        '',
      ],
      ["WHEN skip_counts(p.settings, p.valid_from, c.skipped_at, c.skip_epoch, p.now) THEN 'skipped'", ''],
    ],
  },
  {
    file: `${SQL}/list-contacts.sql`,
    suites: [...CONTACTS, ...TENANTS],
    mutants: [
      [
        'portal_id = :portal_id AND contact_id > :after ORDER BY contact_id LIMIT',
        'contact_id > :after ORDER BY contact_id LIMIT',
      ],
      ['contact_id > :after ORDER BY contact_id LIMIT', 'contact_id >= :after ORDER BY contact_id LIMIT'],
      [
        'portal_id = :portal_id AND contact_id > :after ORDER BY contact_id OFFSET',
        'contact_id > :after ORDER BY contact_id OFFSET',
      ],
      ['contact_id > :after ORDER BY contact_id OFFSET', 'true ORDER BY contact_id OFFSET'],
      ['OFFSET :examined - 1', 'OFFSET :examined'],
    ],
  },
  {
    file: `${SQL}/list-contacts-of-organization.sql`,
    suites: [...CONTACTS, ...TENANTS],
    mutants: [
      [
        'WHERE portal_id = :portal_id AND organization_id = :organization_id AND contact_id > :after ORDER BY organization_id, contact_id LIMIT',
        'WHERE organization_id = :organization_id AND contact_id > :after ORDER BY organization_id, contact_id LIMIT',
      ],
      [
        ' AND organization_id = :organization_id AND contact_id > :after ORDER BY organization_id, contact_id LIMIT',
        ' AND contact_id > :after ORDER BY organization_id, contact_id LIMIT',
      ],
      [
        'contact_id > :after ORDER BY organization_id, contact_id LIMIT',
        'contact_id >= :after ORDER BY organization_id, contact_id LIMIT',
      ],
      ['OFFSET :examined - 1', 'OFFSET :examined'],
    ],
  },
  {
    file: `${SQL}/lock-contact.sql`,
    suites: RACES,
    mutants: [[' FOR NO KEY UPDATE', '']],
  },
  {
    file: `${SQL}/lock-portal.sql`,
    suites: RACES,
    mutants: [['SELECT pg_advisory_xact_lock(portal_lock(:portal_id))::text', 'SELECT portal_lock(:portal_id)::text']],
  },
  {
    file: `${SQL}/update-portal.sql`,
    suites: [...PORTALS, ...TENANTS],
    mutants: [
      ['p.portal_id = :portal_id AND p.version', 'p.version'],
      [' AND p.version = :version', ' AND :version::integer IS NOT NULL'],
      ['version = p.version + 1', 'version = p.version'],
    ],
  },
  {
    file: `${SQL}/sealed-under.sql`,
    suites: ['test/contract/sealed-destinations.contract.test.ts'],
    mutants: [
      ["   AND split_part(f.secret_sealed, '.', 1) <= :kid\n", ''],
      ['(:kid, :after_portal_id, :after_contact_id, :after_slot)', "(:kid, '', '', '')"],
    ],
  },
  {
    file: `${SQL}/prune-settlements.sql`,
    suites: TENANTS,
    mutants: [
      ["- :seconds * interval '1 second'", "- :seconds * interval '0 second'"],
      [
        's.portal_id = old.portal_id AND s.code_id = old.code_id',
        's.portal_id = old.portal_id OR s.code_id = old.code_id',
      ],
    ],
  },
  {
    file: 'src/adapters/postgres/api-clients.ts',
    suites: CLIENTS,
    mutants: [
      [
        'and(eq(apiClients.portalId, portalId), eq(apiClients.clientId, clientId), isNull',
        'and(eq(apiClients.clientId, clientId), isNull',
      ],
      ['eq(apiClients.clientId, clientId), isNull', 'isNull'],
      ['eq(apiClients.clientId, clientId), isNull(apiClients.revokedAt))', 'eq(apiClients.clientId, clientId))'],
      ['and(eq(apiClients.portalId, portalId), after === null', 'and(after === null'],
      ['a.portal_id = $', "'' <> $"],
      [
        'and(eq(apiClients.clientId, clientId as ClientId), isNull(apiClients.revokedAt))',
        'eq(apiClients.clientId, clientId as ClientId)',
      ],
      ['previousUntil} > ', 'previousUntil} IS NOT NULL OR now() = '],
      ['retireAfterSeconds === 0', 'retireAfterSeconds < 0'],
      ['} + 1`, rotatedAt', '}`, rotatedAt'],
      ['} + 1`, deadAt', '}`, deadAt'],
    ],
  },
  {
    file: 'src/adapters/postgres/client-polls.ts',
    suites: CLIENTS,
    mutants: [
      ['.where(or(gt(revokedAt, since), gt(deadAt, since)))', '.where(gt(revokedAt, since))'],
      ['.where(or(gt(revokedAt, since), gt(deadAt, since)))', '.where(gt(deadAt, since))'],
      ['client.revokedAt ? Infinity : client.deadBelow', 'client.deadBelow'],
      ['.where(eq(portals.suspended, true))', ''],
      ['or(gt(keysChangedAt, since), gt(revokedAt, since))', 'gt(keysChangedAt, since)'],
      ['or(gt(keysChangedAt, since), gt(revokedAt, since))', 'gt(revokedAt, since)'],
      ['revokedAt ? { ...client, jwks: { keys: [] } } : client', 'client'],
    ],
  },
  {
    file: `${SQL}/count-guesses.sql`,
    suites: ['test/contract/guess-watch.contract.test.ts', ...TENANTS],
    mutants: [
      ['e.portal_id = :portal_id AND ', ''],
      ["e.at > (SELECT mfa_now(:clock_offset_ms) - :seconds * interval '1 second')", 'true'],
      ["IN ('challenge.failed', 'enrollment.failed'))::integer", "= 'challenge.failed')::integer"],
      [", 'enrollment.confirmed')", ')'],
    ],
  },
  {
    file: `${SQL}/guard-portal.sql`,
    suites: ['test/contract/guess-watch.contract.test.ts', ...TENANTS],
    mutants: [
      ['before.guarded_until <= before.now', 'before.guarded_until > before.now'],
      ["before.now + :seconds * interval '1 second'", 'before.now'],
      ['FROM before WHERE p.portal_id = :portal_id', 'FROM before WHERE true'],
    ],
  },
  {
    file: `${SQL}/replace-sealed.sql`,
    suites: ['test/contract/sealed-destinations.contract.test.ts', ...TENANTS],
    mutants: [
      [' AND f.secret_sealed = :before', ''],
      [' AND f.contact_id = :contact_id', ''],
      ['f.portal_id = :portal_id AND ', ''],
    ],
  },
  {
    file: 'src/adapters/postgres/contact-change.ts',
    suites: [...CONTACTS, ...TENANTS, ...SETTLEMENT],
    mutants: [
      ['and(eq(table.portalId, portalId), eq(table.contactId, contactId))', 'eq(table.contactId, contactId)'],
      ['and(eq(table.portalId, portalId), eq(table.contactId, contactId))', 'eq(table.portalId, portalId)'],
      ['and(ofContact(factors), eq(factors.factorId, change.factorId))', 'ofContact(factors)'],
      ['ticket: sql`draw_ticket()`, ', ''],
      ['skips: 0, failures: 0', 'skips: 0'],
      ['skips: 0, failures: 0', 'failures: 0'],
      ['lockedUntil: null, ', ''],
    ],
  },
  {
    file: 'src/adapters/postgres/events.ts',
    suites: ['test/contract/events.contract.test.ts', ...TENANTS],
    mutants: [
      ['eq(events.portalId, portalId),\n', ''],
      ['contactId && eq(events.contactId, contactId),\n', ''],
      ['from && gte(events.at, from)', 'false as never'],
    ],
  },
  {
    file: 'src/adapters/postgres/key-ring.ts',
    suites: ['test/contract/key-ring.contract.test.ts'],
    mutants: [
      ['and(eq(keys.purpose, purpose), eq(keys.generation, generation))', 'eq(keys.purpose, purpose)'],
      ['and(eq(keys.purpose, purpose), eq(keys.generation, generation))', 'eq(keys.generation, generation)'],
      ['lte(keys.generation, upToGeneration)', 'eq(keys.generation, upToGeneration)'],
      ['and(eq(keys.purpose, purpose), lte(keys.generation, upToGeneration))', 'lte(keys.generation, upToGeneration)'],
    ],
  },
]
