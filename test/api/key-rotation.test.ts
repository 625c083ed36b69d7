/** MFA_MASTER_KEYS change while traffic runs: everything goes on, and the old key is needed no more when the gauge says so. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fresh, openPortal, type TestPortal } from '../support/portal.ts'
import { masterKeys, openReal, type TestService } from '../support/service.ts'

const DAY = 86_400
const [old] = masterKeys
const next = { kid: 'next', key: randomBytes(32) }

let service: TestService
let acme: TestPortal
beforeAll(async () => {
  service = await openReal(1)
  await service.instances[0]?.runJobs()
  acme = await openPortal(service)
})
afterAll(() => service.close())

type Instance = TestService['instances'][number]

async function sql<Row extends object>(text: string, params: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: service.databaseUrl })
  await client.connect()
  try {
    return (await client.query(text, params)).rows
  } finally {
    await client.end()
  }
}

/** What still needs an older key, by kind. */
async function underOldKeys(instance: Instance): Promise<Record<string, number>> {
  const { body } = await instance.app.inject('/metrics')
  const lines = [...body.matchAll(/^mfa_under_old_master_keys\{kind="(\w+)"\} (\d+)/gm)]
  return Object.fromEntries(lines.map(([, kind, count]) => [kind, Number(count)]))
}

const address = (contactId: string): string => `${contactId}@example.com`
const enrolled = async (contactId: string) => {
  await acme.enroll(contactId, { method: 'email', destination: address(contactId) })
  return contactId
}
const logsIn = async (contactId: string): Promise<void> => {
  const challenge = await acme.challenge(contactId)
  const code = await acme.codeAt(address(contactId))
  expect((await acme.verify(contactId, challenge, code)).status).toBe(200)
}

it('the master key changes while contacts enroll and log in, and nobody notices', async () => {
  if (!old) throw new Error('no master key')
  const contacts: string[] = []
  for (let at = 0; at < 12; at++) contacts.push(await enrolled(fresh('before')))
  const jwks = (await service.request('GET', '/.well-known/jwks.json')).body
  const pending = await acme.challenge(contacts[0] ?? '')
  const pendingCode = await acme.codeAt(address(contacts[0] ?? ''))

  // As the README tells it: first every instance knows the new key, then it becomes the current one.
  const [first] = service.instances
  const knowing = await service.addInstance([old, next])
  if (first) await service.removeInstance(first)
  await knowing.runJobs()
  const turned = await service.addInstance([next, old])

  let running = true
  const traffic = async () => {
    while (running) await logsIn(await enrolled(fresh('meanwhile')))
  }
  const going = traffic()
  await turned.runJobs()
  expect((await acme.verify(contacts[0] ?? '', pending, pendingCode)).status).toBe(200)
  running = false
  await going
  // The one that still seals under the old key leaves what the other has re-sealed.
  await knowing.runJobs()
  expect(await sql("SELECT 1 FROM keys WHERE wrapped NOT LIKE 'next.%' AND purpose <> 'master'")).toEqual([])
  expect(await sql("SELECT 1 FROM factors WHERE secret_sealed LIKE 'next.%'")).not.toEqual([])

  await service.removeInstance(knowing)
  await turned.runJobs()
  expect(await underOldKeys(turned)).toEqual({ destinations: 0, keys: 0, short_lived: 1 })
  expect((await service.request('GET', '/.well-known/jwks.json')).body).toEqual(jwks)
  for (const contactId of contacts) await logsIn(contactId)

  // What lives a day at most needs the old key so long.
  service.advance(DAY + 3601)
  await turned.runJobs()
  expect(await underOldKeys(turned)).toEqual({ destinations: 0, keys: 0, short_lived: 0 })
})

it('the old key can go when the gauge is at 0', async () => {
  const [turned] = service.instances
  const alone = await service.addInstance([next])
  if (turned) await service.removeInstance(turned)
  acme = { ...acme, ...(await openPortal(service)) }
  const contactId = await enrolled(fresh('after'))
  await logsIn(contactId)
  await alone.runJobs()
  expect(await underOldKeys(alone)).toEqual({ destinations: 0, keys: 0, short_lived: 0 })
  expect(await sql("SELECT 1 FROM factors WHERE secret_sealed NOT LIKE 'next.%'")).toEqual([])
  expect(await sql("SELECT 1 FROM keys WHERE wrapped NOT LIKE 'next.%' AND purpose <> 'master'")).toEqual([])
})

describe('a start', () => {
  it('without a key that something is sealed under is refused, by its name', async () => {
    await enrolled(fresh('sealed'))
    const other = { kid: 'other', key: randomBytes(32) }
    await expect(service.addInstance([other])).rejects.toThrow(/master key next, which MFA_MASTER_KEYS does not name/)
  })

  it('with another key under a known name is refused', async () => {
    const impostor = { kid: 'next', key: randomBytes(32) }
    await expect(service.addInstance([impostor])).rejects.toThrow(/master key next is another than/)
  })
})

// CRY-2: whoever can write to the database gives one contact's factor the number of another.
it('a destination that was moved to another contact does not open, and nothing is sent', async () => {
  const [mine, other] = [await enrolled(fresh('mine')), await enrolled(fresh('other'))]
  await sql(
    `UPDATE factors f SET secret_sealed = (SELECT secret_sealed FROM factors WHERE contact_id = $1) WHERE contact_id = $2`,
    [mine, other],
  )
  const sent = (await service.messages()).length
  const path = `/v1/contacts/${other}/challenges`
  expect((await acme.portal.post(path, { loginId: fresh('login') })).status).toBe(503)
  expect((await acme.decide(other, fresh('login'), { sendCode: true })).body).toMatchObject({
    decision: 'challenge',
    challenge: null,
  })
  expect(await service.messages()).toHaveLength(sent)
  const [instance] = service.instances
  await instance?.runJobs()
  await logsIn(mine)
})
