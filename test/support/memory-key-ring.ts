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
    listAll: async () => ({ now: now(), keys: [...keys] }),
    async replace(purpose, generation, before, wrapped) {
      const key = of(purpose).find(one => one.generation === generation && one.wrapped === before)
      if (key) key.wrapped = wrapped
      return key !== undefined
    },
    async forget(purpose, upTo) {
      const kept = keys.filter(key => key.purpose !== purpose || key.generation > upTo)
      keys.splice(0, keys.length, ...kept)
    },
  }
}
