/** Every variable of the environment: what it means, and its default per mode. */

interface Variable {
  name: string
  description: string
  /** Default as text; null: none; `required` in that mode. */
  embedded: string | null
  production: string | null | 'required'
}

/** Every variable there is; the README's table is held against this one by a test. */
export const configVariables = [
  { name: 'HOST', description: 'Address to listen on', embedded: '127.0.0.1', production: '0.0.0.0' },
  { name: 'PORT', description: 'Port to listen on', embedded: '3000', production: '3000' },
  {
    name: 'PUBLIC_URL',
    description: 'Address that callers use; issuer of all tokens',
    embedded: 'http://127.0.0.1:<PORT>',
    production: 'required',
  },
  {
    name: 'TRUST_PROXY',
    description:
      'Proxies whose X-Forwarded-* are believed: addresses or CIDR blocks, comma-separated; today no rule, limit or log line looks at addresses',
    embedded: null,
    production: null,
  },
  {
    name: 'LOOP_DELAY_MAX_MS',
    description: 'Delay of the event loop from which requests are refused with 503, verify last; 0: never',
    embedded: '0',
    production: '250',
  },
  {
    name: 'DATABASE_URL',
    description: 'postgres://…; embedded also pglite:<folder>',
    embedded: 'pglite:<MFA_DATA_DIR>/pglite',
    production: 'required',
  },
  {
    name: 'DATABASE_POOL_MAX',
    description: 'Connections to Postgres of one process',
    embedded: '10',
    production: '10',
  },
  {
    name: 'REDIS_URL',
    description: 'redis://… or rediss://…; several, comma-separated, are nodes of a Cluster',
    embedded: null,
    production: 'required',
  },
  {
    name: 'REDIS_CLUSTER',
    description: 'true: a Cluster, also with one URL; several URLs are one in any case',
    embedded: null,
    production: null,
  },
  {
    name: 'REDIS_ALLOW_EVICTION',
    description: 'true: start although Redis may evict keys, and with them limits',
    embedded: 'false',
    production: 'false',
  },
  {
    name: 'MFA_MASTER_KEYS',
    description: 'kid:base64 of 32 random bytes, comma-separated, the first is current',
    embedded: null,
    production: 'required',
  },
  {
    name: 'MFA_OPERATOR_SECRET',
    description: 'Secret of the client `operator`, at least 32 characters',
    embedded: null,
    production: 'required',
  },
  {
    name: 'MFA_DATA_DIR',
    description: 'Folder of embedded mode: database, drawn secrets',
    embedded: './.data',
    production: null,
  },
  { name: 'SMS_SENDER', description: 'inbox or sns', embedded: 'inbox', production: 'required' },
  { name: 'SMS_MAX_PRICE_USD', description: 'SNS: highest price of one message', embedded: null, production: null },
  {
    name: 'SMS_SENDER_ID',
    description: 'SNS: sender id where a portal has none for the country',
    embedded: null,
    production: null,
  },
  { name: 'SMS_ORIGINATION_NUMBER', description: 'SNS: number to send from', embedded: null, production: null },
  { name: 'EMAIL_SENDER', description: 'inbox or ses', embedded: 'inbox', production: 'required' },
  {
    name: 'EMAIL_FROM',
    description: 'SES: from-address where a portal has none; required with ses',
    embedded: null,
    production: null,
  },
  {
    name: 'SES_CONFIGURATION_SET',
    description: 'SES: configuration set of every message',
    embedded: null,
    production: null,
  },
  {
    name: 'AWS_REGION',
    description: 'Region of SNS and SES; required with either. All AWS_* variables of the SDK are honoured',
    embedded: null,
    production: null,
  },
  {
    name: 'AUDIT_RETENTION_DAYS',
    description: 'Days for which events are kept; 0: for ever',
    embedded: '400',
    production: '400',
  },
  { name: 'LOG_LEVEL', description: 'fatal, error, warn, info, debug or trace', embedded: 'warn', production: 'info' },
  {
    name: 'SHUTDOWN_DELAY_SECONDS',
    description: 'Seconds from readiness off to the end of listening',
    embedded: '0',
    production: '5',
  },
  {
    name: 'ALLOW_REMOTE_EMBEDDED',
    description: 'true: embedded mode may listen beyond loopback',
    embedded: 'false',
    production: null,
  },
] as const satisfies readonly Variable[]

export type VariableName = (typeof configVariables)[number]['name']
