import { MfaError } from '../domain/errors.ts'
import type { PortalId } from '../domain/ids.ts'
import { methodNames, methods } from '../domain/methods/index.ts'
import type { Portal } from '../domain/settings.ts'
import { changedMembers, patchSettings, type SettingsDocument, settingsDocument } from '../domain/settings-change.ts'
import type { Ports } from '../ports/ports.ts'
import { type Call, eventContext, inPortal } from './call.ts'

/** Tries of a change that others overtake. */
export const TRIES_MAX = 10

/** The portal, which a token of it says exists. */
export async function portalOf({ portals }: Ports, portalId: PortalId): Promise<Portal> {
  const portal = await portals.read(portalId)
  if (!portal) throw new MfaError('not_found')
  return portal
}

/** Settings with epoch and version. Throws `not_found` where the portal is gone. */
export function makeReadSettings(ports: Ports) {
  return async (call: Call): Promise<SettingsDocument> =>
    settingsDocument(await portalOf(ports, inPortal(call).caller.portalId))
}

/** Changes settings by a merge patch; with `ifMatch`, only if nobody has since they were read (`settings_changed`). */
export function makeChangeSettings(ports: Ports) {
  return async (
    call: Call,
    { patch, ifMatch }: { patch: unknown; ifMatch: string | null },
  ): Promise<SettingsDocument> => {
    const { portalId, subject } = inPortal(call).caller
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const before = await portalOf(ports, portalId)
      if (ifMatch !== null && !matches(ifMatch, before.version)) throw new MfaError('settings_changed')
      const next = patchSettings(before, patch)
      const changed = changedMembers(before.settings, next.settings)
      if (changed.length === 0) return settingsDocument(before)
      const details = { changed, enabled: next.settings.enabled, epoch: next.epoch, version: before.version + 1 }
      const event = { type: 'settings.changed', contactId: null, organizationId: null, details } as const
      const stored = await ports.portals.update(next, subject, [event], eventContext(call, ports.random))
      if (stored) return settingsDocument(stored)
      if (ifMatch !== null) throw new MfaError('settings_changed')
    }
    throw new MfaError('settings_changed')
  }
}

/** RFC 9110 §13.1.1: `*`, or a list of entity tags; weak ones never match. */
const matches = (ifMatch: string, version: number): boolean =>
  ifMatch.split(',').some(tag => tag.trim() === '*' || tag.trim() === `"${version}"`)

/** What each method is worth, in a security reviewer's words. */
export const listMethods = () => ({
  items: methodNames.map(method => {
    const { restricted, phishingResistant, nistOutOfBand, notice } = methods[method]
    return { method, restricted, phishingResistant, nistOutOfBand, notice }
  }),
})
