import { PRUNE_BATCHES_MAX } from '../domain/limits.ts'
import type { Ports } from '../ports/ports.ts'

/** Deletes settlements that nobody asks for any more, batch by batch. The next run goes on where this one stops. */
export function makePruneSettlements({ housekeeping }: Pick<Ports, 'housekeeping'>): () => Promise<void> {
  return async () => {
    for (let batches = 0; batches < PRUNE_BATCHES_MAX; batches++)
      if ((await housekeeping.pruneSettlements()) === 0) break
  }
}
