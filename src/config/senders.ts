/** Who sends SMS and emails, and in whose name. */
import { z } from 'zod'
import { type Mode, needed, price, type Reader } from './reader.ts'

export type SmsConfig =
  | { kind: 'inbox' }
  | {
      kind: 'sns'
      region: string
      maxPriceUsd?: number | undefined
      senderId?: string | undefined
      originationNumber?: string | undefined
    }

export type EmailConfig =
  | { kind: 'inbox' }
  | { kind: 'ses'; region: string; from: string; configurationSet?: string | undefined }

/** Production never sends into the inbox. */
const senders = (mode: Mode, provider: 'sns' | 'ses') =>
  z.string().refine(value => value === provider || (mode === 'embedded' && value === 'inbox'), {
    error: mode === 'embedded' ? `must be inbox or ${provider}` : `must be ${provider}`,
  })

const region = z.string().regex(/^[a-z0-9-]{4,32}$/, 'a region such as eu-central-1')
const senderId = z
  .string()
  .regex(/^(?=.*[A-Za-z])[A-Za-z0-9-]{3,11}$/, '3 to 11 letters, digits and hyphens, one of them a letter')
const originationNumber = z.string().regex(/^\+?\d{5,14}$/, '5 to 14 digits')
const configurationSet = z.string().regex(/^[\w-]{1,64}$/, 'letters, digits, _ and -, at most 64')

export function smsOf(reader: Reader): SmsConfig {
  const { mode, read } = reader
  if (read('SMS_SENDER', senders(mode, 'sns')) !== 'sns') return { kind: 'inbox' }
  return {
    kind: 'sns',
    region: needed(reader, 'AWS_REGION', region, 'SMS_SENDER=sns'),
    maxPriceUsd: read('SMS_MAX_PRICE_USD', price.optional()),
    senderId: read('SMS_SENDER_ID', senderId.optional()),
    originationNumber: read('SMS_ORIGINATION_NUMBER', originationNumber.optional()),
  }
}

export function emailOf(reader: Reader): EmailConfig {
  const { mode, read } = reader
  if (read('EMAIL_SENDER', senders(mode, 'ses')) !== 'ses') return { kind: 'inbox' }
  return {
    kind: 'ses',
    region: needed(reader, 'AWS_REGION', region, 'EMAIL_SENDER=ses'),
    from: needed(reader, 'EMAIL_FROM', z.email('one plain address').max(254), 'EMAIL_SENDER=ses'),
    configurationSet: read('SES_CONFIGURATION_SET', configurationSet.optional()),
  }
}
