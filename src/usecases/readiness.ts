import type { Ports } from '../ports/ports.ts'
import type { ClientKeys } from './client-keys.ts'
import type { RevocationList } from './revocation-list.ts'

/** Whether everything that the service cannot work without answers. Providers do not count: a login may need none. */
export function makeReadiness({ dependencies }: Ports, revocations: RevocationList, clientKeys: ClientKeys) {
  return async (): Promise<{ ready: boolean; checks: Record<string, 'ok' | 'down'> }> => {
    const pings = dependencies.map(async ({ name, ping }) => [name, await stateOf(ping)] as const)
    const checks = Object.fromEntries([
      ...(await Promise.all(pings)),
      ['revocations', revocations.current() ? 'ok' : 'down'],
      ['clientKeys', clientKeys.current() ? 'ok' : 'down'],
    ]) as Record<string, 'ok' | 'down'>
    return { ready: Object.values(checks).every(state => state === 'ok'), checks }
  }
}

const stateOf = (ping: () => Promise<void>): Promise<'ok' | 'down'> =>
  ping().then(
    () => 'ok' as const,
    () => 'down' as const,
  )
