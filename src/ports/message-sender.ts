import type { Message } from '../domain/message.ts'

export type SendOutcome =
  | { outcome: 'sent'; providerMessageId: string }
  /** It may have been accepted: a time-out, a reset after the request was written. Never sent again by us. */
  | { outcome: 'unknown' }
  /** Provably not accepted. `destination`: this destination refuses messages; `provider`: anything else. `reason` is for the log and the event. */
  | { outcome: 'refused'; by: 'provider' | 'destination'; reason: string }

/** Delivers one message at most once. Never rejects, and answers within 3 s. */
export interface MessageSender {
  send(message: Message): Promise<SendOutcome>
}
