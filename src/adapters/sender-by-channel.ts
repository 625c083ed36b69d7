import type { Channel } from '../domain/methods/method.ts'
import type { MessageSender } from '../ports/message-sender.ts'

/** One sender made of one for each channel. */
export const makeSenderByChannel = (senders: Record<Channel, MessageSender>): MessageSender => ({
  send: message => senders[message.channel].send(message),
})
