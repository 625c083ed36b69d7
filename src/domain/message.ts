/** Messages: what is sent, and how it is made from the facts. The words are in `messages/`. */
import type { Purpose } from './code.ts'
import { emailHtml, emailText } from './messages/email.ts'
import { textsFor } from './messages/index.ts'
import { smsText } from './messages/sms.ts'
import type { Channel } from './methods/method.ts'

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

/** Where a message goes. */
export interface Recipient {
  /** E.164, or an address. */
  destination: string
  country: string | null
}

/** What the operator has set for the portal; null: the service's own. */
export interface SenderNames {
  senderId: string | null
  from: string | null
}

/** The message that carries a code, in the language of `facts.locale` (English where we have none). */
export function renderMessage(channel: Channel, facts: MessageFacts, to: Recipient, sender: SenderNames): Message {
  const texts = textsFor(facts.locale)
  if (channel === 'sms') {
    const text = smsText(texts.sms[facts.purpose], facts)
    return { channel, to: to.destination, text, senderId: sender.senderId }
  }
  const { code, displayName } = facts
  const email = texts.email[facts.purpose](facts)
  return {
    channel,
    to: to.destination,
    from: sender.from,
    fromName: displayName,
    subject: email.subject,
    text: emailText(email, code),
    html: emailHtml(email, code, texts.language),
  }
}
