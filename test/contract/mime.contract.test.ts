/** INJ-1: what becomes of an email on the wire, as somebody else's SES and mailer write it: headers of ours alone, one recipient. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openSesSender } from '../../src/adapters/aws/ses-sender.ts'
import { type EmailMessage, renderMessage } from '../../src/domain/message.ts'
import { displayNameSchema } from '../../src/domain/settings.ts'
import { openLocalSes } from '../support/ses.ts'

const FROM = 'codes@mfa.example'
const CODE = '048151'

const emailOf = (displayName: string): EmailMessage =>
  renderMessage(
    'email',
    { purpose: 'login', code: CODE, displayName, lifetimeMinutes: 5, autofillDomain: null, locale: 'en' },
    { destination: 'Ann.Lee@example.com', country: null },
    { senderId: null, from: null },
  ) as EmailMessage

let ses: Awaited<ReturnType<typeof openLocalSes>>
let sender: ReturnType<typeof openSesSender>
beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not-a-secret')
  ses = await openLocalSes()
  sender = openSesSender({ region: 'eu-central-1', from: FROM, endpoint: ses.url })
})
afterEach(async () => {
  sender.close()
  await ses.close()
  vi.unstubAllEnvs()
})

async function onTheWire(message: EmailMessage): Promise<string> {
  const outcome = await sender.send(message)
  if (outcome.outcome !== 'sent') throw new Error(`not sent: ${JSON.stringify(outcome)}`)
  return ses.mime(outcome.providerMessageId)
}

/** The header fields, unfolded (RFC 5322 §2.2.3). */
const headersOf = (mime: string): [name: string, value: string][] =>
  mime
    .slice(0, mime.indexOf('\r\n\r\n'))
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
    .map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)])

const NAMES = ['content-type', 'date', 'from', 'message-id', 'mime-version', 'subject', 'to']

describe('an email on the wire', () => {
  it('INJ-1: is this and nothing else', async () => {
    const mime = (await onTheWire(emailOf('Acme Client Portal')))
      .replace(/--_NmP-[\w-]+/g, '--PART')
      .replace(/^Message-ID: .*$/m, 'Message-ID: ID')
      .replace(/^Date: .*$/m, 'Date: NOW')
    const [head = '', text = '', html = '', end] = mime.split(/--+PART(?:--)?\r?\n/)
    expect(head.trim().split('\r\n')).toEqual([
      `From: Acme Client Portal <${FROM}>`,
      'To: Ann.Lee@example.com',
      'Subject: Your Acme Client Portal login code',
      'Date: NOW',
      'Message-ID: ID',
      'MIME-Version: 1.0',
      'Content-Type: multipart/alternative;',
      ' boundary="--PART"',
    ])
    for (const [part, type] of [
      [text, 'text/plain'],
      [html, 'text/html'],
    ] as const) {
      expect(part.startsWith(`Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: `)).toBe(true)
      expect(part).toContain(CODE)
    }
    expect(end ?? '').toBe('')
    expect(head).not.toContain(CODE)
  })

  // A portal whose name closes its line and opens another: the code goes to a second mailbox as well.
  it.each([
    'Acme\r\nBcc: thief@evil.example',
    'Acme\nCc: thief@evil.example\n',
    'Acme\rTo: thief@evil.example',
    'Acme\r\n\r\n<b>another body</b>',
    'Acme" <thief@evil.example>, "x',
    'Acme <thief@evil.example>',
    'Acme, thief@evil.example',
    'thief@evil.example (',
    'Acme\u2028Bcc: thief@evil.example',
    'Acme\u0000Bcc: thief@evil.example',
    'Acme\u0085Bcc: thief@evil.example',
    'Acme\u202eelpmaxe.live@feiht',
    'Acme\u2066thief@evil.example\u2069',
    '\u200fAcme <thief@evil.example>',
    '=?UTF-8?Q?Acme=0D=0ABcc:_thief@evil.example?=',
    'Acme\\" <thief@evil.example>',
  ])('INJ-1: has the same headers and one recipient whatever its name says: %j', async name => {
    // Settings refuse such a name; this is for one that came in by another way.
    expect(displayNameSchema.safeParse(name).success).toBe(false)
    const mime = await onTheWire({ ...emailOf('Acme'), fromName: name })
    const headers = headersOf(mime)
    expect(headers.map(([name]) => name).sort()).toEqual(NAMES)
    expect(Object.fromEntries(headers).to).toBe('Ann.Lee@example.com')
    expect(Object.fromEntries(headers).from).toMatch(/(?:^|[^@\w.])<?codes@mfa\.example>?$/)
    const [email] = await ses.emails()
    expect(email?.destination).toEqual({ to: ['Ann.Lee@example.com'], cc: [], bcc: [] })
  })
})
