import type { KeyRing, WrappedKey } from '../../src/ports/key-ring.ts'

/** A key ring in this process; `now` is its clock. */
export function memoryKeyRing(now: () => Date = () => new Date()): KeyRing {
  const keys: WrappedKey[] = []
  const of = (purpose: string) => keys.filter(key => key.purpose === purpose)
  return {
    async ensure(purpose, generation, wrapped) {
      const there = of(purpose).find(key => key.generation === generation)
      const key = there ?? { purpose, generation, wrapped, createdAt: now() }
      if (!there) keys.push(key)
      return key
    },
    list: async purpose => ({ now: now(), keys: of(purpose).sort((a, b) => a.generation - b.generation) }),
    async forget(purpose, upTo) {
      const kept = keys.filter(key => key.purpose !== purpose || key.generation > upTo)
      keys.splice(0, keys.length, ...kept)
    },
  }
}
