/** Message texts. */
import type { Purpose } from './code.ts'

export interface SmsMessage {
  channel: 'sms'
  /** E.164. */
  to: string
  text: string
  /** Sender id for the destination's country, where one is registered. */
  senderId: string | null
}

export interface EmailMessage {
  channel: 'email'
  to: string
  /** From-address; null: the service's own. */
  from: string | null
  fromName: string
  subject: string
  text: string
  html: string
}

export type Message = SmsMessage | EmailMessage

export interface MessageFacts {
  purpose: Purpose
  code: string
  displayName: string
  /** Minutes for which the code is good, rounded down. */
  lifetimeMinutes: number
  autofillDomain: string | null
  locale: string
}
