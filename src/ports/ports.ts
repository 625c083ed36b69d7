import type { ApiClients } from './api-clients.ts'
import type { ClientTokens } from './client-tokens.ts'
import type { Clock } from './clock.ts'
import type { CodeStore } from './code-store.ts'
import type { Contacts } from './contacts.ts'
import type { Events } from './events.ts'
import type { GuessWatch } from './guess-watch.ts'
import type { Housekeeping } from './housekeeping.ts'
import type { IdempotencyRecords } from './idempotency-records.ts'
import type { KeyRotation } from './key-rotation.ts'
import type { MessageSender } from './message-sender.ts'
import type { Meter } from './meter.ts'
import type { Portals } from './portals.ts'
import type { Random } from './random.ts'
import type { Dependency } from './readiness.ts'
import type { SealedDestinations } from './sealed-destinations.ts'
import type { Secrecy } from './secrecy.ts'
import type { SendLimits } from './send-limits.ts'
import type { Settlement } from './settlement.ts'
import type { Tokens } from './tokens.ts'

/** All that the use cases need from the world. */
export interface Ports {
  portals: Portals
  apiClients: ApiClients
  contacts: Contacts
  settlement: Settlement
  events: Events
  guesses: GuessWatch
  codes: CodeStore
  sendLimits: SendLimits
  idempotency: IdempotencyRecords
  sender: MessageSender
  secrecy: Secrecy
  keyRotation: KeyRotation
  sealedDestinations: SealedDestinations
  tokens: Tokens
  clientTokens: ClientTokens
  random: Random
  clock: Clock
  meter: Meter
  housekeeping: Housekeeping
  dependencies: Dependency[]
}
