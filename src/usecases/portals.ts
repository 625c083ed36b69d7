import { MfaError, unavailable } from '../domain/errors.ts'
import { type PortalId, portalIdSchema } from '../domain/ids.ts'
import { defaultPortalLimits, type Portal, type PortalLimits } from '../domain/settings.ts'
import { newSettings, withLimits } from '../domain/settings-change.ts'
import type { Ports } from '../ports/ports.ts'
import { byOperator, type Call, eventContext } from './call.ts'
import { decodeCursor, type Page, page } from './page.ts'
import type { RevocationList } from './revocation-list.ts'
import { portalOf, TRIES_MAX } from './settings.ts'

type PartialLimits = { [Name in keyof PortalLimits]?: PortalLimits[Name] | undefined }

export interface PortalView {
  portalId: PortalId
  displayName: string
  suspended: boolean
  limits: PortalLimits
  createdAt: Date
}

const portalView = ({ portalId, settings, suspended, limits, createdAt }: Portal): PortalView => ({
  portalId,
  displayName: settings.displayName,
  suspended,
  limits,
  createdAt,
})

const mergedLimits = (limits: PortalLimits, change: PartialLimits = {}): PortalLimits => {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
  return { ...limits, ...given }
}

/** Makes a portal with MFA off. `anyCountry`: it starts with every country where the operator sets no limit (embedded mode). */
export function makeCreatePortal(ports: Ports, anyCountry: boolean) {
  return async (
    call: Call,
    input: { portalId: PortalId; displayName: string; limits?: PartialLimits | undefined },
  ): Promise<PortalView> => {
    byOperator(call)
    const { portalId, displayName } = input
    const limits = mergedLimits(defaultPortalLimits, input.limits)
    const settings = newSettings(displayName, limits, anyCountry)
    if (!(await ports.portals.create({ portalId, limits, settings }))) throw new MfaError('portal_exists')
    return portalView(await portalOf(ports, portalId))
  }
}

const isPortalId = (position: unknown): position is PortalId => portalIdSchema.safeParse(position).success

/** A page of `limit` portals at most, in the order of their ids. Throws `invalid_request` for a cursor that is none. */
export function makeListPortals({ portals }: Ports) {
  return async (
    call: Call,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Promise<Page<PortalView>> => {
    byOperator(call)
    const found = await portals.list(limit + 1, decodeCursor(cursor, isPortalId))
    return page(found, limit, portalView, portal => portal.portalId)
  }
}

/** Throws `not_found`. */
export function makeReadPortal(ports: Ports) {
  return async (call: Call, { portalId }: { portalId: PortalId }): Promise<PortalView> => {
    byOperator(call)
    return portalView(await portalOf(ports, portalId))
  }
}

/** Changes limits or suspends. Narrower limits narrow the settings in the same step. */
export function makeChangePortal(ports: Ports, revocations: RevocationList) {
  return async (
    call: Call,
    input: { portalId: PortalId; suspended?: boolean | undefined; limits?: PartialLimits | undefined },
  ): Promise<PortalView> => {
    byOperator(call)
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const before = await portalOf(ports, input.portalId)
      const limited = withLimits(before, mergedLimits(before.limits, input.limits))
      const next = { ...limited, suspended: input.suspended ?? before.suspended }
      if (JSON.stringify(next) === JSON.stringify(before)) return portalView(before)
      const details = { limits: Object.keys(input.limits ?? {}), suspended: next.suspended, epoch: next.epoch }
      const event = { type: 'settings.changed', contactId: null, organizationId: null, details } as const
      const stored = await ports.portals.update(next, before.updatedBy, [event], eventContext(call, ports.random))
      if (!stored) continue
      await revocations.refresh()
      return portalView(stored)
    }
    throw unavailable(new Error('the portal is being changed without pause'))
  }
}
