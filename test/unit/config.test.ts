import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ConfigError, type Mode } from '../../src/config/reader.ts'
import { configVariables } from '../../src/config/variables.ts'
import { databaseUrl, dataDirectory, readConfig } from '../../src/config.ts'

const key = (fill: string): string => Buffer.from(fill.padEnd(32, '0123456789abcdef')).toString('base64')
const SECRET = 'an-operator-secret-of-forty-characters-x'

const production = {
  PUBLIC_URL: 'https://mfa.example.com',
  DATABASE_URL: 'postgres://mfa:pw@db.example.com:5432/mfa',
  REDIS_URL: 'rediss://redis.example.com:6379',
  MFA_MASTER_KEYS: `k2:${key('second')},k1:${key('first')}`,
  MFA_OPERATOR_SECRET: SECRET,
  SMS_SENDER: 'sns',
  EMAIL_SENDER: 'ses',
  EMAIL_FROM: 'codes@example.com',
  AWS_REGION: 'eu-central-1',
}
const drawn = { masterKeys: `embedded:${key('drawn')}`, operatorSecret: SECRET }

const inProduction = (change: Record<string, string | undefined> = {}) =>
  readConfig({ ...production, ...change }, 'production')
const embedded = (change: Record<string, string | undefined> = {}) => readConfig(change, 'embedded', drawn)

function problemsOf(read: () => unknown): string[] {
  try {
    read()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('embedded mode', () => {
  it('needs no variable at all', () => {
    expect(embedded()).toMatchObject({
      mode: 'embedded',
      http: { host: '127.0.0.1', port: 3000, publicUrl: 'http://127.0.0.1:3000', trustProxy: [] },
      database: { url: 'pglite:.data/pglite', poolMax: 10 },
      redis: { kind: 'memory' },
      secrets: { masterKeys: [{ kid: 'embedded' }], operatorSecret: SECRET },
      sms: { kind: 'inbox' },
      email: { kind: 'inbox' },
      audit: { retentionDays: 400 },
      dataDir: './.data',
      log: { level: 'warn' },
      shutdownDelaySeconds: 0,
    })
  })

  it('keeps the issuer beside the port, and the database beside the secrets', () => {
    const config = embedded({ PORT: '8080', MFA_DATA_DIR: '/var/mfa' })
    expect(config.http.publicUrl).toBe('http://127.0.0.1:8080')
    expect(config.database.url).toBe('pglite:/var/mfa/pglite')
    expect(dataDirectory({ MFA_DATA_DIR: '/var/mfa' })).toBe('/var/mfa')
  })

  it('accepts a real Postgres and Redis', () => {
    const config = embedded({ DATABASE_URL: production.DATABASE_URL, REDIS_URL: 'redis://127.0.0.1' })
    expect(config.database.url).toBe(production.DATABASE_URL)
    expect(config.redis).toEqual({ kind: 'redis', urls: ['redis://127.0.0.1'], cluster: false, allowEviction: false })
  })

  it('lets a set secret win over a drawn one', () => {
    const config = embedded({ MFA_MASTER_KEYS: `mine:${key('mine')}`, MFA_OPERATOR_SECRET: `${SECRET}-mine` })
    expect(config.secrets.masterKeys.map(({ kid }) => kid)).toEqual(['mine'])
    expect(config.secrets.operatorSecret).toBe(`${SECRET}-mine`)
  })

  it('refuses to listen beyond loopback, where its open inbox would be read, unless told so', () => {
    for (const HOST of ['0.0.0.0', '::', '192.168.1.4', 'mfa.example.com', '127.0.0.1.example.com'])
      expect(problemsOf(() => embedded({ HOST }))).toEqual([expect.stringContaining('HOST is beyond loopback')])
    for (const HOST of ['127.0.0.1', '127.8.9.10', '::1', 'localhost']) expect(embedded({ HOST }).http.host).toBe(HOST)
    expect(embedded({ HOST: '0.0.0.0', ALLOW_REMOTE_EMBEDDED: 'true' }).http.host).toBe('0.0.0.0')
    expect(problemsOf(() => embedded({ HOST: '0.0.0.0', ALLOW_REMOTE_EMBEDDED: 'false' }))).toHaveLength(1)
  })
})

describe('production mode', () => {
  it('reads everything into place', () => {
    const config = inProduction({ SMS_MAX_PRICE_USD: '0.15', SMS_SENDER_ID: 'ACME', SES_CONFIGURATION_SET: 'codes' })
    expect(config).toMatchObject({
      mode: 'production',
      http: { host: '0.0.0.0', port: 3000, publicUrl: 'https://mfa.example.com' },
      redis: { kind: 'redis', cluster: false },
      sms: { kind: 'sns', region: 'eu-central-1', maxPriceUsd: 0.15, senderId: 'ACME' },
      email: { kind: 'ses', region: 'eu-central-1', from: 'codes@example.com', configurationSet: 'codes' },
      shutdownDelaySeconds: 5,
    })
  })

  it('reports everything that is missing at once', () => {
    const required = configVariables.filter(variable => variable.production === 'required').map(({ name }) => name)
    const problems = problemsOf(() => readConfig({}, 'production'))
    for (const name of required) expect(problems.join('\n')).toContain(`${name} is required`)
    expect(required.length).toBeGreaterThan(6)
    expect(problems).toHaveLength(required.length)
  })

  it('refuses each required variable that is missing, empty or blank, and takes no drawn secret for it', () => {
    for (const { name } of configVariables.filter(variable => variable.production === 'required'))
      for (const value of [undefined, '', '  ', ' , '])
        expect([name, problemsOf(() => inProduction({ [name]: value }))]).toEqual([
          name,
          [expect.stringContaining(name)],
        ])
    expect(problemsOf(() => readConfig({ ...production, MFA_MASTER_KEYS: '' }, 'production', drawn))).toHaveLength(1)
  })

  it.each([
    ['DATABASE_URL', 'pglite:./.data/pglite'],
    ['SMS_SENDER', 'inbox'],
    ['EMAIL_SENDER', 'inbox'],
  ])('refuses an embedded part: %s=%s', (name, value) => {
    expect(problemsOf(() => inProduction({ [name]: value }))).toEqual([expect.stringContaining(name)])
  })

  it('never falls back to memory for want of a Redis address (BRUTE-8)', () => {
    for (const REDIS_URL of [',', ' , ,', ' ', 'memory', 'http://127.0.0.1', 'redis://'])
      expect(problemsOf(() => inProduction({ REDIS_URL }))).toEqual([expect.stringContaining('REDIS_URL')])
  })

  it('wants https for its issuer, except on loopback', () => {
    for (const PUBLIC_URL of ['http://mfa.example.com', 'mfa.example.com', 'ftp://mfa.example.com'])
      expect(problemsOf(() => inProduction({ PUBLIC_URL }))).toEqual([expect.stringContaining('PUBLIC_URL')])
    for (const PUBLIC_URL of ['http://127.0.0.1:3000', 'http://localhost:3000', 'http://[::1]:3000'])
      expect(inProduction({ PUBLIC_URL }).http.publicUrl).toBe(PUBLIC_URL)
  })

  it('takes the issuer without a slash at its end, a query, a fragment or a password', () => {
    expect(inProduction({ PUBLIC_URL: 'https://example.com/mfa/' }).http.publicUrl).toBe('https://example.com/mfa')
    for (const tail of ['?a=b', '#top'])
      expect(problemsOf(() => inProduction({ PUBLIC_URL: `https://example.com/${tail}` }))).toHaveLength(1)
    expect(problemsOf(() => inProduction({ PUBLIC_URL: 'https://me:pw@example.com' }))).toHaveLength(1)
  })
})

describe('the master keys', () => {
  const problems = (MFA_MASTER_KEYS: string) => problemsOf(() => inProduction({ MFA_MASTER_KEYS }))

  it('come in order, the first is current, each with its 32 bytes', () => {
    const keys = inProduction().secrets.masterKeys
    expect(keys.map(({ kid }) => kid)).toEqual(['k2', 'k1'])
    expect(keys.map(({ key: bytes }) => bytes.toString('base64'))).toEqual([key('second'), key('first')])
  })

  it.each([
    ['without a name', key('x')],
    ['with an empty name', `:${key('x')}`],
    ['with a name in capitals', `K1:${key('x')}`],
    ['with a name of 17 characters', `${'k'.repeat(17)}:${key('x')}`],
    ['with a separator of keys and hashes in its name', `k|1:${key('x')}`],
    ['of 31 bytes', `k1:${Buffer.from('0123456789abcdef0123456789abcde').toString('base64')}`],
    ['of 33 bytes', `k1:${Buffer.from('0123456789abcdef0123456789abcdef0').toString('base64')}`],
    ['of 64 hexadecimal digits', `k1:${'0123456789abcdef'.repeat(4)}`],
    ['of zeros', `k1:${Buffer.alloc(32).toString('base64')}`],
    ['of one byte again and again', `k1:${Buffer.alloc(32, 7).toString('base64')}`],
    ['with characters that base64 has not', `k1:*${key('x')}`],
    ['of nothing', 'k1:'],
    ['whose second key is short', `k1:${key('x')},k0:AAAA`],
    ['whose name comes twice', `k1:${key('x')},k1:${key('y')}`],
  ])('are refused %s', (_, text) => {
    expect(problems(text)).not.toEqual([])
    expect(problems(text).every(problem => problem.startsWith('MFA_MASTER_KEYS'))).toBe(true)
  })
})

describe('single variables', () => {
  it.each([
    ['PORT', ['http', '-1', '65536', '80.5', '0x50', '1e3']],
    ['DATABASE_POOL_MAX', ['0', '501', 'many']],
    ['DATABASE_URL', ['mysql://db/mfa', 'postgres://', 'db.example.com', 'postgres://[db/mfa']],
    ['MFA_OPERATOR_SECRET', ['x'.repeat(31), `${'x'.repeat(31)} `]],
    ['SMS_SENDER', ['SNS', 'twilio']],
    ['EMAIL_SENDER', ['smtp']],
    ['SMS_MAX_PRICE_USD', ['0', '0.0', '-1', 'cheap', 'Infinity', '0x1', '1e3', '0,15']],
    ['SMS_SENDER_ID', ['12345', 'AB', 'Much-Too-Long', 'A_B']],
    ['SMS_ORIGINATION_NUMBER', ['1234', '+1 555 0100', 'ACME']],
    [
      'EMAIL_FROM',
      ['', 'codes', 'Codes <codes@example.com>', 'a@example.com,b@example.com', 'a@example.com\nBcc: b@c.de'],
    ],
    ['SES_CONFIGURATION_SET', ['a b', 'x'.repeat(65)]],
    ['AWS_REGION', ['', 'eu central 1', 'https://eu.example.com']],
    ['LOG_LEVEL', ['verbose', 'INFO', 'silent']],
    ['SHUTDOWN_DELAY_SECONDS', ['-1', '61', 'soon']],
    ['REDIS_CLUSTER', ['maybe']],
    ['REDIS_ALLOW_EVICTION', ['maybe']],
  ])('%s is refused where it makes no sense', (name, values) => {
    for (const value of values)
      expect([value, problemsOf(() => inProduction({ [name]: value }))]).toEqual([
        value,
        expect.arrayContaining([expect.stringContaining(name)]),
      ])
  })

  it('trusts proxies by address only: never a number of hops, everybody, or a name (L-01)', () => {
    const refused = [
      '1',
      '2',
      'true',
      'false',
      '*',
      'loopback',
      '1.2',
      '300.1.1.1',
      '10.0.0.0/33',
      '::1/129',
      '10.0.0.1/',
    ]
    for (const TRUST_PROXY of [...refused, '0.0.0.0/0', '::/0', '10.0.0.1, 1', 'proxy.example.com'])
      expect([TRUST_PROXY, problemsOf(() => inProduction({ TRUST_PROXY }))]).toEqual([
        TRUST_PROXY,
        [expect.stringContaining('TRUST_PROXY')],
      ])
    const accepted = inProduction({ TRUST_PROXY: '10.0.0.0/8, 192.168.1.1,fd00::/8, ::1' })
    expect(accepted.http.trustProxy).toEqual(['10.0.0.0/8', '192.168.1.1', 'fd00::/8', '::1'])
  })

  it('takes several Redis addresses for nodes of a Cluster, and one only when told so', () => {
    const nodes = 'redis://a:6379, redis://b:6379'
    expect(inProduction({ REDIS_URL: nodes }).redis).toMatchObject({
      cluster: true,
      urls: ['redis://a:6379', 'redis://b:6379'],
    })
    expect(inProduction({ REDIS_CLUSTER: 'true' }).redis).toMatchObject({ cluster: true })
    expect(inProduction().redis).toMatchObject({ cluster: false })
    expect(problemsOf(() => inProduction({ REDIS_URL: nodes, REDIS_CLUSTER: 'false' }))).toEqual([
      expect.stringContaining('REDIS_CLUSTER'),
    ])
  })

  it('asks for the region and the from-address only with the senders that need them', () => {
    expect(problemsOf(() => embedded({ SMS_SENDER: 'sns' }))).toEqual([expect.stringContaining('AWS_REGION')])
    expect(problemsOf(() => embedded({ EMAIL_SENDER: 'ses', AWS_REGION: 'us-east-1' }))).toEqual([
      expect.stringContaining('EMAIL_FROM'),
    ])
  })
})

describe('the report', () => {
  it('never repeats the value of a secret, nor of an address that may hold one', () => {
    const values = {
      DATABASE_URL: 'mysql://mfa:hunter2@db/mfa',
      REDIS_URL: 'http://:hunter2@redis',
      MFA_MASTER_KEYS: 'hunter2:hunter2',
      MFA_OPERATOR_SECRET: 'hunter2',
      PUBLIC_URL: 'http://hunter2:hunter2@mfa.example.com',
      TRUST_PROXY: 'hunter2',
      LOG_LEVEL: 'hunter2',
      PORT: 'hunter2',
    }
    const problems = problemsOf(() => inProduction(values))
    expect(problems.length).toBeGreaterThanOrEqual(Object.keys(values).length)
    expect(problems.join()).not.toContain('hunter2')
    expect(inspect(new ConfigError(problems))).not.toContain('hunter2')
  })

  it('is a line for each problem, which names its variable', () => {
    const problems = problemsOf(() => readConfig({ PORT: 'x', TRUST_PROXY: 'true', LOG_LEVEL: 'x' }, 'production'))
    const names = configVariables.map(({ name }) => name)
    for (const problem of problems) {
      expect(problem).not.toContain('\n')
      expect(names).toContain(problem.split(/[ :]/)[0])
    }
  })
})

it('is frozen, down to the lists', () => {
  const config = inProduction({ TRUST_PROXY: '10.0.0.0/8' })
  for (const part of [config, config.http, config.http.trustProxy, config.redis, config.secrets.masterKeys])
    expect(Object.isFrozen(part)).toBe(true)
})

it('gives migrations an address and asks for nothing else', () => {
  expect(databaseUrl({ DATABASE_URL: production.DATABASE_URL })).toBe(production.DATABASE_URL)
  for (const DATABASE_URL of [undefined, '', ' ', 'mysql://mfa:hunter2@db/mfa']) {
    const problems = problemsOf(() => databaseUrl({ DATABASE_URL }))
    expect(problems).toEqual([expect.stringContaining('DATABASE_URL')])
    expect(problems.join()).not.toContain('hunter2')
  }
})

it.each<Mode>(['embedded', 'production'])('has a table whose defaults pass its own checks in %s mode', mode => {
  const env: Record<string, string> = mode === 'production' ? { ...production } : {}
  for (const variable of configVariables) {
    const value = variable[mode]
    if (value !== null && value !== 'required' && !value.includes('<')) env[variable.name] = value
  }
  expect(problemsOf(() => readConfig(env, mode, mode === 'embedded' ? drawn : undefined))).toEqual([])
})
