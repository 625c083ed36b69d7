/** The key ring in this process, under a clock that the test moves. */
import type { KeyRing, WrappedKey } from '../../src/ports/key-ring.ts'

export interface MemoryKeyRing extends KeyRing {
  /** What the database would hold, oldest first. */
  keys: WrappedKey[]
}

export function makeMemoryKeyRing(now: () => Date): MemoryKeyRing {
  const ring: MemoryKeyRing = {
    keys: [],
    async ensure(purpose, generation, wrapped) {
      const same = (key: WrappedKey) => key.purpose === purpose && key.generation === generation
      if (!ring.keys.some(same)) ring.keys.push({ purpose, generation, wrapped, createdAt: now() })
      return ring.keys.find(same) as WrappedKey
    },
    async list(purpose) {
      return { now: now(), keys: ring.keys.filter(key => key.purpose === purpose) }
    },
    async listAll() {
      return { now: now(), keys: [...ring.keys] }
    },
    async replace(purpose, generation, before, wrapped) {
      const at = ring.keys.findIndex(key => key.purpose === purpose && key.generation === generation)
      const found = ring.keys[at]
      if (found?.wrapped !== before) return false
      ring.keys[at] = { ...found, wrapped }
      return true
    },
    async forget(purpose, upTo) {
      ring.keys = ring.keys.filter(key => key.purpose !== purpose || key.generation > upTo)
    },
  }
  return ring
}
