import type { Ports } from '../ports/ports.ts'
import type { SealedDestination } from '../ports/sealed-destinations.ts'

const PAGE = 200

/** The gauge counts no further, so that it costs no more where there are millions. */
export const COUNTED_MAX = 1000

/**
 * Re-seals what lies under an older master key, while everything goes on; each run goes once through all of it. When the
 * gauge `mfa_under_old_master_keys` is 0 for every kind, the older keys are needed no more.
 */
export function makeFinishKeyRotation({ sealedDestinations, keyRotation, secrecy, meter }: Ports) {
  const left = (kind: string, count: number) => meter.set('mfa_under_old_master_keys', { kind }, count)
  /** What is still to be gone through; it outlasts a failure, and the next run goes on there. */
  let kids: string[] = []
  let after: SealedDestination | null = null

  const olderInUse = async () => (await sealedDestinations.keysInUse()).filter(kid => kid !== keyRotation.currentKid)

  async function reseal(): Promise<void> {
    for (let [kid] = kids; kid !== undefined; [kid] = kids) {
      // At least this many. Never 0: what was passed over, or lies under another key, is counted at the end.
      left('destinations', Math.max(1, await sealedDestinations.count(kid, COUNTED_MAX, after)))
      const page = await sealedDestinations.page(kid, PAGE, after)
      for (const destination of page) {
        const sealed = resealed(destination)
        if (sealed !== null) await sealedDestinations.replace(destination, sealed)
      }
      if (page.length === PAGE) after = page.at(-1) ?? null
      else [kids, after] = [kids.slice(1), null]
    }
  }

  /** Null: it does not open. It stays as it is, and the gauge above 0. */
  function resealed(destination: SealedDestination): string | null {
    try {
      return secrecy.seal(secrecy.open(destination.sealed, destination), destination)
    } catch {
      return null
    }
  }

  async function countLeft(): Promise<number> {
    const counts = (await olderInUse()).map(kid => sealedDestinations.count(kid, COUNTED_MAX, null))
    return Math.min(
      COUNTED_MAX,
      (await Promise.all(counts)).reduce((sum, count) => sum + count, 0),
    )
  }

  return async (): Promise<void> => {
    // Otherwise two instances would re-seal each other's work, back and forth, until both are restarted.
    if (!(await keyRotation.isNewest())) return
    left('keys', await keyRotation.rewrapKeys())
    left('short_lived', (await keyRotation.shortLivedLeft()) ? 1 : 0)
    if (kids.length === 0) kids = await olderInUse()
    await reseal()
    left('destinations', await countLeft())
  }
}
