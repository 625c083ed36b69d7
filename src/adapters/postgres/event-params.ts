import type { EventContext } from '../../domain/event.ts'

/** What stamps an event that a statement writes by itself. Each call draws the id of another event. */
export const eventParams = ({ actor, requestId, newEventId }: EventContext) => ({
  event_id: newEventId(),
  actor: JSON.stringify(actor),
  request_id: requestId,
})
