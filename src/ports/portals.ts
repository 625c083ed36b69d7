import type { EventContext, NewEvent } from '../domain/event.ts'
import type { PortalId } from '../domain/ids.ts'
import type { Portal } from '../domain/settings.ts'

/** The portals and their settings. Failures throw `unavailable`. */
export interface Portals {
  /** False: a portal with this id exists, and nothing was changed. Version 1, epoch 0. */
  create(portal: Pick<Portal, 'portalId' | 'limits' | 'settings'>): Promise<boolean>
  read(portalId: PortalId): Promise<Portal | null>
  /** In the order of their ids, after `after`. */
  list(limit: number, after: PortalId | null): Promise<Portal[]>
  /**
   * Writes settings, limits, suspension, epoch and validFrom of `next` with its events if the stored version still is
   * `next.version`; the version is raised by one, updatedAt is the database's now. Returns what is stored then; null: the
   * version has moved on, nothing was changed.
   */
  update(next: Portal, updatedBy: string | null, events: NewEvent[], context: EventContext): Promise<Portal | null>
}
