/** A map whose entries end. Gone ones are dropped when they are met, and all of them whenever the map has doubled. */
export interface ExpiringMap<Value> {
  get(key: string): Value | undefined
  /** `endsAt` in ms of the map's clock; from then on the entry is gone. */
  set(key: string, value: Value, endsAt: number): void
  delete(key: string): void
}

const SWEEP_FROM = 1000

export function makeExpiringMap<Value>(now: () => number): ExpiringMap<Value> {
  const entries = new Map<string, { value: Value; endsAt: number }>()
  let sweepAt = SWEEP_FROM

  function sweep(): void {
    const at = now()
    for (const [key, { endsAt }] of entries) if (at >= endsAt) entries.delete(key)
    sweepAt = Math.max(SWEEP_FROM, entries.size * 2)
  }

  return {
    get(key) {
      const entry = entries.get(key)
      if (entry && now() >= entry.endsAt) entries.delete(key)
      return entry && now() < entry.endsAt ? entry.value : undefined
    },
    set(key, value, endsAt) {
      entries.set(key, { value, endsAt })
      if (entries.size >= sweepAt) sweep()
    },
    delete: key => {
      entries.delete(key)
    },
  }
}
