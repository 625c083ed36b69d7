/** Who carries the messages of which channel. */
import type { Config } from '../config.ts'
import type { Channel } from '../domain/methods/method.ts'
import type { MessageSender } from '../ports/message-sender.ts'
import { openSesSender } from './aws/ses-sender.ts'
import { openSnsSender } from './aws/sns-sender.ts'
import { type Inbox, type InboxOptions, makeInbox } from './inbox/inbox.ts'

/** One sender for all channels; `inbox` is null where no channel ends there. */
export function openSender(
  { sms, email }: Pick<Config, 'sms' | 'email'>,
  options: InboxOptions,
  closing: AsyncDisposableStack,
): { sender: MessageSender; inbox: Inbox | null } {
  const inbox = makeInbox(options)
  const senders: Record<Channel, MessageSender> = { sms: inbox, email: inbox }
  if (sms.kind === 'sns') senders.sms = closing.adopt(openSnsSender(sms), sns => sns.close())
  if (email.kind === 'ses') senders.email = closing.adopt(openSesSender(email), ses => ses.close())
  return {
    sender: { send: message => senders[message.channel].send(message) },
    inbox: Object.values(senders).includes(inbox) ? inbox : null,
  }
}
