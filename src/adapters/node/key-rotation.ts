import { IDEMPOTENCY_SECONDS } from '../../domain/limits.ts'
import type { KeyRing, WrappedKey } from '../../ports/key-ring.ts'
import type { KeyRotation } from '../../ports/key-rotation.ts'
import type { SealedDestinations } from '../../ports/sealed-destinations.ts'
import { keyIdOf, type MasterKey, makeSealedBox, type SealedBox } from './sealed-box.ts'

/** Rows of the key ring that hold nothing but since when which master key is the current one, each sealed under its own. */
const MASTER = 'master'

/** Nothing short-lived outlives a kept answer; an hour is for instances that still seal under the key before. */
const SHORT_LIVED_MS = (IDEMPOTENCY_SECONDS + 3600) * 1000

/**
 * Throws, for the operator to read, when a master key is another than this database was used with under that name, or one is
 * missing that something is sealed under: it would show at the first login of whoever needs it, and shows at the start instead.
 */
export async function checkMasterKeys(
  masterKeys: readonly MasterKey[],
  keyRing: KeyRing,
  destinations: Pick<SealedDestinations, 'keysInUse'>,
): Promise<void> {
  const box = makeSealedBox(masterKeys, 'wrap')
  const atHand = (kid: string) => masterKeys.some(master => master.kid === kid)
  for (const { wrapped } of (await keyRing.list(MASTER)).keys)
    if (atHand(keyIdOf(wrapped)) && opened(box, wrapped, MASTER) === null)
      throw new Error(`master key ${keyIdOf(wrapped)} is another than the one of that name that this database knows`)
  const gone = (await destinations.keysInUse()).filter(kid => !atHand(kid))
  if (gone.length > 0)
    throw new Error(`destinations are sealed under master key ${gone.join(', ')}, which MFA_MASTER_KEYS does not name`)
}

/** Notes that this master key is the current one from now on; so call it when nothing else can keep the process from starting. */
export async function openKeyRotation(masterKeys: readonly MasterKey[], keyRing: KeyRing): Promise<KeyRotation> {
  const box = makeSealedBox(masterKeys, 'wrap')
  const currentKid = masterKeys[0]?.kid ?? ''
  const noted = async () => (await keyRing.list(MASTER)).keys.at(-1)
  const isOurs = (newest: WrappedKey | undefined) => newest !== undefined && keyIdOf(newest.wrapped) === currentKid

  const before = await noted()
  if (!isOurs(before)) await keyRing.ensure(MASTER, (before?.generation ?? 0) + 1, box.seal('', MASTER))

  return {
    currentKid,
    isNewest: async () => isOurs(await noted()),
    async rewrapKeys() {
      const { keys } = await keyRing.listAll()
      const others = keys.filter(({ purpose, wrapped }) => purpose !== MASTER && keyIdOf(wrapped) !== currentKid)
      const rewrapped = await Promise.all(
        others.map(async ({ purpose, generation, wrapped }) => {
          const key = opened(box, wrapped, purpose)
          return key !== null && (await keyRing.replace(purpose, generation, wrapped, box.seal(key, purpose)))
        }),
      )
      return rewrapped.filter(done => !done).length
    },
    async shortLivedLeft() {
      const { now, keys } = await keyRing.list(MASTER)
      const newest = keys.at(-1)
      return keys.length > 1 && newest !== undefined && now.getTime() - newest.createdAt.getTime() < SHORT_LIVED_MS
    },
  }
}

/** Null: its key is not at hand, or is another. */
function opened(box: SealedBox, wrapped: string, purpose: string): Buffer | null {
  try {
    return box.open(wrapped, purpose)
  } catch {
    return null
  }
}
