import { PRUNE_BATCH, PRUNE_BATCHES_MAX } from '../domain/limits.ts'
import type { Ports } from '../ports/ports.ts'
import { forEachPortal } from './for-each-portal.ts'

/** Deletes events that are older than they are to be kept; null: they are kept for ever. The next run goes on where this one stops. */
export function makePruneEvents(
  { eventChain }: Pick<Ports, 'eventChain'>,
  retentionDays: number | null,
): () => Promise<void> {
  return async () => {
    if (retentionDays === null) return
    await forEachPortal(await eventChain.portalsToPrune(retentionDays), async portalId => {
      for (let batches = 0; batches < PRUNE_BATCHES_MAX; batches++)
        if ((await eventChain.prune(portalId, retentionDays, PRUNE_BATCH)) < PRUNE_BATCH) return
    })
  }
}
