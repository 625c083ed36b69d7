/** SMS through Amazon SNS. */
import { type MessageAttributeValue, PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import type { SmsMessage } from '../../domain/message.ts'
import type { MessageSender } from '../../ports/message-sender.ts'
import { type AwsPlace, clientSettings } from './client-settings.ts'
import type { Fault } from './failures.ts'
import { type Attempt, lastBeforeTheNetwork, sendOnce, wrongChannel } from './send-once.ts'

export interface SnsOptions extends AwsPlace {
  /** The most that one message may cost, in US dollars; AWS drops a dearer one. A brake on fraud. */
  maxPriceUsd?: number | undefined
  /** Sender id where the message brings none. */
  senderId?: string | undefined
  /** Number or short code of our own to send from, 5–14 digits; the US ask for one. */
  originationNumber?: string | undefined
  /** Answer within these milliseconds; default 3000. */
  deadlineMs?: number | undefined
}

/** Sends each SMS at most once. No connection is opened before the first; `close()` drops those that are open. */
export function openSnsSender(options: SnsOptions = {}): MessageSender & { close(): void } {
  const client = new SNSClient(clientSettings(options))
  const publish = async (message: SmsMessage, { signal, noteDispatch }: Attempt) => {
    const command = new PublishCommand({
      PhoneNumber: message.to,
      Message: message.text,
      MessageAttributes: attributesOf(message, options),
    })
    command.middlewareStack.add(noteDispatch, lastBeforeTheNetwork)
    const { MessageId } = await client.send(command, { abortSignal: signal })
    return MessageId
  }
  return {
    async send(message) {
      if (message.channel !== 'sms') return wrongChannel
      return sendOnce(attempt => publish(message, attempt), refusedByNumber, options.deadlineMs)
    },
    close: () => client.destroy(),
  }
}

/** Named exactly so: AWS ignores or refuses what it does not know. Without a type a message counts as advertising. */
function attributesOf(message: SmsMessage, { senderId, maxPriceUsd, originationNumber }: SnsOptions) {
  const attributes: Record<string, MessageAttributeValue> = { 'AWS.SNS.SMS.SMSType': text('Transactional') }
  const from = message.senderId ?? senderId
  if (from !== undefined) attributes['AWS.SNS.SMS.SenderID'] = text(from)
  if (maxPriceUsd !== undefined)
    attributes['AWS.SNS.SMS.MaxPrice'] = { DataType: 'Number', StringValue: String(maxPriceUsd) }
  if (originationNumber !== undefined) attributes['AWS.MM.SMS.OriginationNumber'] = text(originationNumber)
  return attributes
}

const text = (value: string): MessageAttributeValue => ({ DataType: 'String', StringValue: value })

/** Opted out, or a parameter fault that names the number; other parameters are our own configuration. */
const refusedByNumber = ({ name, message }: Fault): boolean =>
  name.startsWith('OptedOut') ||
  /opted out/i.test(message) ||
  (/^(InvalidParameter|Validation)/.test(name) && /phone ?number/i.test(message))
