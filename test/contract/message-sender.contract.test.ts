/** What every sender promises, proved over real HTTP: one attempt, one recipient, and an outcome that tells the truth. */
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openSesSender, type SesOptions } from '../../src/adapters/aws/ses-sender.ts'
import { openSnsSender, type SnsOptions } from '../../src/adapters/aws/sns-sender.ts'
import { makeInbox } from '../../src/adapters/inbox/inbox.ts'
import { openSender } from '../../src/adapters/senders.ts'
import { type EmailMessage, type Message, renderMessage, type SmsMessage } from '../../src/domain/message.ts'
import type { MessageSender } from '../../src/ports/message-sender.ts'
import type { AwsError, AwsQueryServer, QueryParameters } from '../support/aws-query-server.ts'
import { attributesOf, openFakeSns } from '../support/fake-sns.ts'
import { openFakeSes, openLocalSes } from '../support/ses.ts'

const CODE = '048151'
const facts = {
  purpose: 'login',
  code: CODE,
  displayName: 'Acme Client Portal',
  lifetimeMinutes: 5,
  autofillDomain: null,
  locale: 'en',
} as const

const sms = renderMessage(
  'sms',
  facts,
  { destination: '+14155552671', country: 'US' },
  { senderId: null, from: null },
) as SmsMessage
const email = renderMessage(
  'email',
  facts,
  { destination: 'Ann.Lee@example.com', country: null },
  { senderId: null, from: null },
) as EmailMessage

const FROM = 'codes@mfa.example'
/** Long enough for a warm client to reach the server, short enough to wait for. */
const SHORT_DEADLINE_MS = 2000

interface Options {
  endpoint: string
  deadlineMs?: number
}

/** One row of the table: how to open the sender and its provider, and what that provider says in each case. */
interface Provider {
  name: string
  openServer(): Promise<AwsQueryServer>
  openSender(options: Options): MessageSender & { close(): void }
  message: Message
  recipients(parameters: QueryParameters): (string | undefined)[]
  refusals: Record<string, AwsError & { by: 'destination' | 'provider' }>
}

const providers: Provider[] = [
  {
    name: 'SNS',
    openServer: openFakeSns,
    openSender: options => openSnsSender({ region: 'eu-central-1', ...options }),
    message: sms,
    recipients: parameters => [parameters.PhoneNumber, parameters.TopicArn, parameters.TargetArn].filter(Boolean),
    refusals: {
      throttled: { status: 400, code: 'Throttling', message: 'Rate exceeded', by: 'provider' },
      'throttled, modelled': { status: 429, code: 'Throttled', message: 'Rate exceeded', by: 'provider' },
      'throttled with 503': { status: 503, code: 'SlowDown', message: 'Please reduce your rate', by: 'provider' },
      'not allowed': { status: 403, code: 'AuthorizationError', message: 'not authorized', by: 'provider' },
      'wrong key': { status: 403, code: 'InvalidClientTokenId', message: 'The token is invalid', by: 'provider' },
      'wrong sender id': {
        status: 400,
        code: 'InvalidParameter',
        message: 'Invalid parameter: The value of AWS.SNS.SMS.SenderID is not valid',
        by: 'provider',
      },
      'not a number': {
        status: 400,
        code: 'InvalidParameter',
        message: 'Invalid parameter: PhoneNumber Reason: +14155552671 is not valid to publish to',
        by: 'destination',
      },
      'opted out': { status: 400, code: 'OptedOut', message: 'Phone number is opted out', by: 'destination' },
    },
  },
  {
    name: 'SES',
    openServer: openFakeSes,
    openSender: options => openSesSender({ region: 'eu-central-1', from: FROM, ...options }),
    message: email,
    recipients: parameters =>
      Object.entries(parameters).flatMap(([name, value]) => (name.startsWith('Destination.') ? [value] : [])),
    refusals: {
      'over the daily quota': {
        status: 400,
        code: 'Throttling',
        message: 'Daily message quota exceeded.',
        by: 'provider',
      },
      'sender not verified': {
        status: 400,
        code: 'MessageRejected',
        message: 'Email address is not verified: codes@mfa.example',
        by: 'provider',
      },
      paused: { status: 400, code: 'AccountSendingPausedException', message: 'paused', by: 'provider' },
      'no configuration set': {
        status: 400,
        code: 'ConfigurationSetDoesNotExist',
        message: 'Configuration set does not exist',
        by: 'provider',
      },
      suppressed: {
        status: 400,
        code: 'MessageRejected',
        message: 'Address is on the suppression list',
        by: 'destination',
      },
      'illegal address': {
        status: 400,
        code: 'InvalidParameterValue',
        message: 'Local address contains control or whitespace',
        by: 'destination',
      },
    },
  },
]

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not-a-secret')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

describe.each(providers)('$name', ({ openServer, openSender, message, recipients, refusals }) => {
  let server: AwsQueryServer
  let sender: MessageSender & { close(): void }
  const open = (options: Partial<Options> = {}) => {
    sender = openSender({ endpoint: server.url, ...options })
    return sender
  }
  beforeEach(async () => {
    server = await openServer()
  })
  afterEach(async () => {
    sender.close()
    await server.close()
  })

  it('sends one message to one recipient and hands back the id', async () => {
    expect(await open().send(message)).toEqual({ outcome: 'sent', providerMessageId: 'message-1' })
    expect(server.requests.map(recipients)).toEqual([[message.to]])
  })

  it('sends fifty messages at once, each once', async () => {
    open()
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => sender.send(message)))
    expect(new Set(outcomes.map(outcome => outcome.outcome === 'sent' && outcome.providerMessageId)).size).toBe(50)
    expect(server.requests).toHaveLength(50)
  })

  it.each(Object.entries(refusals))('says refused when the provider says no: %s', async (_case, { by, ...fault }) => {
    server.behave(fault)
    const outcome = await open().send(message)
    expect(outcome).toMatchObject({ outcome: 'refused', by })
    expect(server.requests).toHaveLength(1)
  })

  it.each([500, 502, 503, 504])('says unknown after a %i, and does not try again', async status => {
    server.behave({ status, code: 'InternalFailure', message: 'something broke' })
    expect(await open().send(message)).toEqual({ outcome: 'unknown' })
    expect(server.requests).toHaveLength(1)
  })

  it('says unknown when the connection is reset after the request was read, and does not try again', async () => {
    server.behave('reset')
    expect(await open().send(message)).toEqual({ outcome: 'unknown' })
    expect(server.requests).toHaveLength(1)
  })

  it('says unknown when no answer comes before the deadline, and does not try again', async () => {
    expect(await open({ deadlineMs: SHORT_DEADLINE_MS }).send(message)).toMatchObject({ outcome: 'sent' })
    server.behave('stall')
    expect(await sender.send(message)).toEqual({ outcome: 'unknown' })
    expect(server.requests).toHaveLength(2)
  })

  it('says refused when nobody listens', async () => {
    open()
    await server.close()
    expect(await sender.send(message)).toEqual({ outcome: 'refused', by: 'provider', reason: 'ECONNREFUSED' })
  })

  it('says refused when the name does not resolve', async () => {
    const outcome = await open({ endpoint: 'http://nowhere.invalid' }).send(message)
    expect(outcome).toMatchObject({ outcome: 'refused', by: 'provider' })
  })

  it('sends on after a failure, without being opened again', async () => {
    server.behave('reset')
    await open().send(message)
    server.behave('accept')
    expect(await sender.send(message)).toMatchObject({ outcome: 'sent' })
  })

  it('says refused without credentials, with nothing sent', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined)
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null')
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null')
    expect(await open().send(message)).toMatchObject({ outcome: 'refused', by: 'provider' })
    expect(server.requests).toEqual([])
  })

  it('tells nothing of the message in a reason', async () => {
    server.behave({ status: 400, code: 'InvalidParameter', message: `PhoneNumber ${message.to} ${CODE}` })
    const told = JSON.stringify(await open().send(message))
    expect(told).not.toContain(message.to)
    expect(told).not.toContain(CODE)
  })

  it('refuses a message of another channel, with nothing sent', async () => {
    const other = message.channel === 'sms' ? email : sms
    expect(await open().send(other)).toMatchObject({ outcome: 'refused', by: 'provider' })
    expect(server.requests).toEqual([])
  })

  describe('while credentials do not come', () => {
    let issuer: Server
    let waiting: ServerResponse[]
    let released: boolean
    const release = (response: ServerResponse) => {
      const credentials = {
        AccessKeyId: 'AKIDEXAMPLE',
        SecretAccessKey: 'not-a-secret',
        Token: 't',
        Expiration: '2999-01-01T00:00:00Z',
      }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(credentials))
    }
    beforeEach(async () => {
      waiting = []
      released = false
      issuer = createServer((_request, response) => {
        if (released) release(response)
        else waiting.push(response)
        issuer.emit('asked')
      }).listen(0, '127.0.0.1')
      await once(issuer, 'listening')
      vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined)
      vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null')
      vi.stubEnv('AWS_CONFIG_FILE', '/dev/null')
      vi.stubEnv(
        'AWS_CONTAINER_CREDENTIALS_FULL_URI',
        `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/credentials`,
      )
    })
    afterEach(() => {
      issuer.closeAllConnections()
      issuer.close()
    })

    it('says refused at the deadline, and never sends that message later', async () => {
      const asked = once(issuer, 'asked')
      const lateTo = message.channel === 'sms' ? '+14155550000' : 'late@example.com'
      const late = open({ deadlineMs: SHORT_DEADLINE_MS }).send({ ...message, to: lateTo })
      await asked
      expect(await late).toEqual({ outcome: 'refused', by: 'provider', reason: 'DeadlineExceeded' })
      const next = sender.send(message)
      released = true
      waiting.forEach(release)
      expect(await next).toMatchObject({ outcome: 'sent' })
      // these come after it, so what it would have sent is there by now
      for (let n = 0; n < 5; n += 1) expect(await sender.send(message)).toMatchObject({ outcome: 'sent' })
      expect(server.requests.map(recipients)).toEqual(Array.from({ length: 6 }, () => [message.to]))
    })
  })
})

describe('SNS attributes', () => {
  let server: AwsQueryServer
  const sent = async (options: SnsOptions, message: SmsMessage) => {
    const sender = openSnsSender({ region: 'eu-central-1', endpoint: server.url, ...options })
    const outcome = await sender.send(message)
    sender.close()
    expect(outcome).toMatchObject({ outcome: 'sent' })
    const parameters = server.requests.at(-1) ?? {}
    return { parameters, attributes: attributesOf(parameters) }
  }
  beforeEach(async () => {
    server = await openFakeSns()
  })
  afterEach(() => server.close())

  it('are the type alone when nothing else is set', async () => {
    const { parameters, attributes } = await sent({}, sms)
    expect(attributes).toEqual({ 'AWS.SNS.SMS.SMSType': ['String', 'Transactional'] })
    expect(parameters).toMatchObject({ Action: 'Publish', PhoneNumber: '+14155552671', Message: sms.text })
  })

  it('are all four, named exactly, when all are set', async () => {
    const options = { senderId: 'SERVICE', maxPriceUsd: 0.25, originationNumber: '18445550123' }
    const { attributes } = await sent(options, { ...sms, senderId: 'ACME-1' })
    expect(attributes).toEqual({
      'AWS.SNS.SMS.SMSType': ['String', 'Transactional'],
      'AWS.SNS.SMS.SenderID': ['String', 'ACME-1'],
      'AWS.SNS.SMS.MaxPrice': ['Number', '0.25'],
      'AWS.MM.SMS.OriginationNumber': ['String', '18445550123'],
    })
  })

  it("take the service's sender id where the message has none", async () => {
    const { attributes } = await sent({ senderId: 'SERVICE' }, sms)
    expect(attributes['AWS.SNS.SMS.SenderID']).toEqual(['String', 'SERVICE'])
  })
})

describe('SES parameters', () => {
  let server: AwsQueryServer
  const sent = async (options: Partial<SesOptions>, message: EmailMessage) => {
    const sender = openSesSender({ region: 'eu-central-1', from: FROM, endpoint: server.url, ...options })
    const outcome = await sender.send(message)
    sender.close()
    expect(outcome).toMatchObject({ outcome: 'sent' })
    return server.requests.at(-1) ?? {}
  }
  beforeEach(async () => {
    server = await openFakeSes()
  })
  afterEach(() => server.close())

  it('are these and no more', async () => {
    expect(await sent({}, email)).toEqual({
      Action: 'SendEmail',
      Version: '2010-12-01',
      Source: `"Acme Client Portal" <${FROM}>`,
      'Destination.ToAddresses.member.1': 'Ann.Lee@example.com',
      'Message.Subject.Data': email.subject,
      'Message.Subject.Charset': 'UTF-8',
      'Message.Body.Text.Data': email.text,
      'Message.Body.Text.Charset': 'UTF-8',
      'Message.Body.Html.Data': email.html,
      'Message.Body.Html.Charset': 'UTF-8',
    })
  })

  it("name the configuration set, and the portal's own from-address", async () => {
    const parameters = await sent({ configurationSet: 'codes' }, { ...email, from: 'login@acme.example' })
    expect(parameters).toMatchObject({
      ConfigurationSetName: 'codes',
      Source: '"Acme Client Portal" <login@acme.example>',
    })
  })

  it('INJ-1: hold no line break that a from-name brings along', async () => {
    // A name with CR and LF would begin headers of its own: Bcc sends the code to a second mailbox.
    const fromName = 'Acme\r\nBcc: thief@evil.example\u2028"<x@evil.example>'
    const { Source } = await sent({}, { ...email, fromName })
    expect(Source).toBe(`"AcmeBcc: thief@evil.example\\"<x@evil.example>" <${FROM}>`)
  })
})

describe('a real SES stand-in', () => {
  let ses: Awaited<ReturnType<typeof openLocalSes>>
  let sender: ReturnType<typeof openSesSender>
  beforeEach(async () => {
    ses = await openLocalSes()
    sender = openSesSender({ region: 'eu-central-1', from: FROM, endpoint: ses.url })
  })
  afterEach(async () => {
    sender.close()
    await ses.close()
  })

  it('receives the email once, for one recipient, in text and HTML', async () => {
    const outcome = await sender.send(email)
    expect(outcome).toEqual({ outcome: 'sent', providerMessageId: expect.any(String) })
    expect(await ses.emails()).toEqual([
      expect.objectContaining({
        messageId: outcome.outcome === 'sent' && outcome.providerMessageId,
        from: `"Acme Client Portal" <${FROM}>`,
        destination: { to: [email.to], cc: [], bcc: [] },
        subject: email.subject,
        body: { text: email.text, html: email.html },
      }),
    ])
  })

  it('says refused when SES finds the request wrong', async () => {
    expect(await sender.send({ ...email, subject: '' })).toMatchObject({ outcome: 'refused', by: 'provider' })
    expect(await ses.emails()).toEqual([])
  })
})

describe('the inbox', () => {
  const now = () => new Date('2026-01-02T03:04:05Z')

  it('keeps messages, newest first, as they were sent', async () => {
    const inbox = makeInbox({ now })
    expect(await inbox.send(sms)).toEqual({ outcome: 'sent', providerMessageId: 'msg_1' })
    expect(await inbox.send(email)).toEqual({ outcome: 'sent', providerMessageId: 'msg_2' })
    const { to, subject, text, html } = email
    expect(inbox.messages()).toEqual([
      { id: 'msg_2', channel: 'email', to, subject, text, html, sentAt: now() },
      { id: 'msg_1', channel: 'sms', to: sms.to, subject: null, text: sms.text, html: null, sentAt: now() },
    ])
  })

  it('forgets the oldest beyond its bound', async () => {
    const inbox = makeInbox({ now, max: 2 })
    for (let n = 0; n < 5; n += 1) await inbox.send(sms)
    expect(inbox.messages().map(message => message.id)).toEqual(['msg_5', 'msg_4'])
  })

  it('prints one line per message, the code in it', async () => {
    const lines: string[] = []
    const inbox = makeInbox({ now, print: line => lines.push(line) })
    await inbox.send(sms)
    await inbox.send(email)
    expect(lines).toEqual([
      `inbox: sms to +14155552671: ${CODE} is your Acme Client Portal login code, good for 5 minutes. Never share it.`,
      `inbox: email to Ann.Lee@example.com: Your Acme Client Portal login code ${CODE}`,
    ])
  })

  it('cannot be changed through what it hands out', async () => {
    const inbox = makeInbox({ now })
    await inbox.send(sms)
    inbox.messages().length = 0
    expect(inbox.messages()).toHaveLength(1)
  })
})

describe('the sender that the configuration names', () => {
  const region = 'eu-central-1'
  const [inbox, sns, ses] = [{ kind: 'inbox' }, { kind: 'sns', region }, { kind: 'ses', region, from: FROM }] as const

  it.each([
    [inbox, inbox],
    [sns, inbox],
    [inbox, ses],
    [sns, ses],
  ])('gives SMS to %o, emails to %o, and neither to another', async (smsBy, emailBy) => {
    await using closing = new AsyncDisposableStack()
    const fakes = { sns: await openFakeSns(), ses: await openFakeSes() }
    for (const fake of Object.values(fakes)) closing.defer(fake.close)
    vi.stubEnv('AWS_ENDPOINT_URL_SNS', fakes.sns.url)
    vi.stubEnv('AWS_ENDPOINT_URL_SES', fakes.ses.url)
    const opened = openSender({ sms: smsBy, email: emailBy }, { now: () => new Date(0) }, closing)
    await opened.sender.send(sms)
    await opened.sender.send(email)
    const kept = [...(smsBy === inbox ? ['sms'] : []), ...(emailBy === inbox ? ['email'] : [])]
    expect(opened.inbox?.messages().map(({ channel }) => channel)).toEqual(kept.length > 0 ? kept.reverse() : undefined)
    expect(fakes.sns.requests).toHaveLength(smsBy === sns ? 1 : 0)
    expect(fakes.ses.requests).toHaveLength(emailBy === ses ? 1 : 0)
  })
})
