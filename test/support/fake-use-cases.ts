/** A stand-in for the use cases, for tests of the HTTP layer alone: every one that a test does not name fails it. */
import type { Caller } from '../../src/domain/caller.ts'
import type { UseCases } from '../../src/usecases/index.ts'

/** Records nothing, decides nothing: `given` answers, everything else throws an error that becomes a 503. */
export function fakeUseCases(given: Partial<UseCases>): UseCases {
  return new Proxy(given, {
    get: (target, name) =>
      Reflect.get(target, name) ??
      (() => {
        throw new Error(`${String(name)} was not expected`)
      }),
  }) as UseCases
}

/** A caller of the portal `acme`. */
export const portalCaller: Caller = {
  role: 'portal',
  clientId: 'cli_M5tVb1oE8yKq0WzJc7LsNg',
  subject: null,
  portalId: 'acme' as Extract<Caller, { role: 'portal' | 'organization_admin' | 'master_admin' }>['portalId'],
  organizationId: null,
}
