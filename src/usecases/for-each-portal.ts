import type { PortalId } from '../domain/ids.ts'

/** Deals with one portal after another. One that fails keeps no other from its turn; the first failure is thrown at the end. */
export async function forEachPortal(
  portalIds: PortalId[],
  dealWith: (portalId: PortalId) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = []
  for (const portalId of portalIds) await dealWith(portalId).catch(error => failures.push(error))
  if (failures.length > 0) throw failures[0]
}
