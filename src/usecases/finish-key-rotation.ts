import type { Ports } from '../ports/ports.ts'
import type { SealedDestination } from '../ports/sealed-destinations.ts'

const PAGE = 200

/**
 * Re-seals what lies under an older master key, while everything goes on; each run goes once through all of it. When the
 * gauge `mfa_under_old_master_keys` is 0 for every kind, the older keys are needed no more.
 */
export function makeFinishKeyRotation({ sealedDestinations, keyRotation, secrecy, meter }: Ports) {
  const left = (kind: string, count: number) => meter.set('mfa_under_old_master_keys', { kind }, count)

  async function reseal(kids: string[]): Promise<void> {
    let count = await sealedDestinations.count(kids)
    let last: SealedDestination | null = null
    for (;;) {
      left('destinations', count)
      const page: SealedDestination[] = await sealedDestinations.page(kids, PAGE, last)
      for (const destination of page) {
        const sealed = resealed(destination)
        if (sealed !== null && (await sealedDestinations.replace(destination, sealed))) count -= 1
      }
      last = page.at(-1) ?? null
      if (page.length < PAGE) break
    }
    left('destinations', await sealedDestinations.count(kids))
  }

  /** Null: it does not open. It stays as it is, and the gauge above 0. */
  function resealed(destination: SealedDestination): string | null {
    try {
      return secrecy.seal(secrecy.open(destination.sealed, destination), destination)
    } catch {
      return null
    }
  }

  return async (): Promise<void> => {
    // Otherwise two instances would re-seal each other's work, back and forth, until both are restarted.
    if (!(await keyRotation.isNewest())) return
    left('keys', await keyRotation.rewrapKeys())
    left('short_lived', (await keyRotation.shortLivedLeft()) ? 1 : 0)
    const others = (await sealedDestinations.keysInUse()).filter(kid => kid !== keyRotation.currentKid)
    if (others.length === 0) left('destinations', 0)
    else await reseal(others)
  }
}
