/** TEN-2: a statement on portals' tables that names no portal, or two. Held over all SQL that a suite has caused. */
import { expect } from 'vitest'

export interface Statement {
  text: string
  params: readonly unknown[]
}

const TABLES = /\b(portals|contacts|factors|settlements|events|api_clients)\b/
/** What the tests call their portals. */
const PORTAL_ID = /^portal-\d{6}$/

/** By their nature over all portals; design section 6 lists them. */
const EXEMPT: [reason: string, text: RegExp][] = [
  ['token look-up', /^select .* from "api_clients" inner join "portals" .* where \("api_clients"\."client_id" = \$\d/],
  ['revocation poll: clients', /^select "client_id", "dead_below", "revoked_at" from "api_clients" where/],
  ["poll of clients' keys", /^select "client_id", "portal_id", "roles", "jwks", "revoked_at" from "api_clients" where/],
  ['revocation poll: portals', /^select "portal_id" from "portals" where "portals"\."suspended"/],
  ["the operator's list", /^select .* from "portals" (where "portals"\."portal_id" > \$1 )?order by/],
  ['pruning', /DELETE FROM settlements/],
  ['re-sealing: what is left, over all portals', /split_part\(f\.secret_sealed/],
]

/** Throws naming every statement on a portal's table whose parameters do not name exactly one portal. */
export function mustNameOnePortal(statements: Statement[]): void {
  const touching = statements.filter(({ text }) => TABLES.test(text) && !EXEMPT.some(([, exempt]) => exempt.test(text)))
  expect(touching.length).toBeGreaterThan(10)
  const loose = touching.filter(({ text, params }) => {
    const named = new Set(params.filter(param => PORTAL_ID.test(String(param))))
    return named.size !== 1 || !/portal_id/.test(text)
  })
  expect([...new Set(loose.map(({ text }) => text))]).toEqual([])
}
