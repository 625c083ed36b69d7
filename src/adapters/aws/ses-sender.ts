/** Email through Amazon SES. */
import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses'
import type { EmailMessage } from '../../domain/message.ts'
import type { MessageSender } from '../../ports/message-sender.ts'
import { type AwsPlace, clientSettings } from './client-settings.ts'
import type { Fault } from './failures.ts'
import { mailbox } from './mailbox.ts'
import { type Attempt, lastBeforeTheNetwork, sendOnce, wrongChannel } from './send-once.ts'

export interface SesOptions extends AwsPlace {
  /** The service's own from-address, for portals that have none: a plain address, verified at SES. */
  from: string
  configurationSet?: string | undefined
  /** Answer within these milliseconds; default 3000. */
  deadlineMs?: number | undefined
}

/** Sends each email at most once, to one recipient. No connection is opened before the first; `close()` drops those that are open. */
export function openSesSender(options: SesOptions): MessageSender & { close(): void } {
  const client = new SESClient(clientSettings(options))
  const sendEmail = async (message: EmailMessage, { signal, noteDispatch }: Attempt) => {
    const command = new SendEmailCommand(requestFor(message, options))
    command.middlewareStack.add(noteDispatch, lastBeforeTheNetwork)
    const { MessageId } = await client.send(command, { abortSignal: signal })
    return MessageId
  }
  return {
    async send(message) {
      if (message.channel !== 'email') return wrongChannel
      return sendOnce(attempt => sendEmail(message, attempt), refusedByAddress, options.deadlineMs)
    },
    close: () => client.destroy(),
  }
}

const requestFor = (message: EmailMessage, { from, configurationSet }: SesOptions) => ({
  Source: mailbox(message.fromName, message.from ?? from),
  Destination: { ToAddresses: [message.to] },
  Message: { Subject: utf8(message.subject), Body: { Text: utf8(message.text), Html: utf8(message.html) } },
  ...(configurationSet === undefined ? {} : { ConfigurationSetName: configurationSet }),
})

const utf8 = (data: string) => ({ Data: data, Charset: 'UTF-8' })

/** Suppressed, or not deliverable by its form. "Not verified" is our own account's fault. */
const refusedByAddress = ({ name, message }: Fault): boolean =>
  name.startsWith('InvalidParameter') || (name === 'MessageRejected' && /suppress|blacklist/i.test(message))
