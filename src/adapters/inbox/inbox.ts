/** The embedded mode's sender: keeps messages instead of sending them, for the inbox page and the console. */
import type { Message } from '../../domain/message.ts'
import type { Channel } from '../../domain/methods/method.ts'
import type { MessageSender } from '../../ports/message-sender.ts'

export interface InboxMessage {
  id: string
  channel: Channel
  to: string
  /** Null for SMS. */
  subject: string | null
  text: string
  /** Null for SMS. */
  html: string | null
  sentAt: Date
}

export interface InboxOptions {
  now(): Date
  /** Gets one readable line per message, the code in it. */
  print?: (line: string) => void
  /** Messages kept, the newest; default 500. */
  max?: number
}

export interface Inbox extends MessageSender {
  /** Newest first. */
  messages(): InboxMessage[]
}

/** Accepts every message. Holds codes in clear: never part of production. */
export function makeInbox({ now, print, max = 500 }: InboxOptions): Inbox {
  const kept: InboxMessage[] = []
  let count = 0
  return {
    async send(message) {
      count += 1
      const inboxMessage = keep(message, `msg_${count}`, now())
      kept.unshift(inboxMessage)
      kept.length = Math.min(kept.length, max)
      print?.(lineFor(inboxMessage))
      return { outcome: 'sent', providerMessageId: inboxMessage.id }
    },
    messages: () => [...kept],
  }
}

const keep = (message: Message, id: string, sentAt: Date): InboxMessage => {
  const { channel, to, text } = message
  const { subject, html } = message.channel === 'email' ? message : { subject: null, html: null }
  return { id, channel, to, subject, text, html, sentAt }
}

/** An SMS as it is; of an email the subject and the line that holds nothing but the code. */
function lineFor({ channel, to, subject, text }: InboxMessage): string {
  const codeLine = text.split('\n').find(line => /^ *\d+ *$/.test(line))
  const content = subject === null ? text : [subject, codeLine ?? ''].join(' ')
  return `inbox: ${channel} to ${to}: ${content.replace(/\s+/g, ' ').trim()}`
}
