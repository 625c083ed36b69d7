import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { describe, expect, it } from 'vitest'
import { unacceptedReason } from '../../src/adapters/aws/failures.ts'

const answered = (httpStatusCode: number, name: string) =>
  Object.assign(new Error('told +14155552671'), { name, $metadata: { httpStatusCode } })
const broken = (code: string, syscall: string) => Object.assign(new Error(code), { code, syscall })
const reason = (error: unknown, onItsWay = true) => unacceptedReason(error, onItsWay).reason

describe('a failure proves that nothing was accepted', () => {
  it.each([
    ['a refusal', answered(400, 'InvalidParameterException'), 'InvalidParameterException'],
    ['missing rights', answered(403, 'AuthorizationErrorException'), 'AuthorizationErrorException'],
    ['throttling with a status of the server', answered(503, 'SlowDown'), 'SlowDown'],
    ['a refused connection', broken('ECONNREFUSED', 'connect'), 'ECONNREFUSED'],
    ['an unknown host', broken('ENOTFOUND', 'getaddrinfo'), 'ENOTFOUND'],
    ['a connection that TCP gave up', broken('ETIMEDOUT', 'connect'), 'ETIMEDOUT'],
    [
      'every address refused',
      new AggregateError([broken('ECONNREFUSED', 'connect'), broken('ENETUNREACH', 'connect')]),
      'AggregateError',
    ],
  ])('%s', (_case, error, expected) => {
    expect(reason(error)).toBe(expected)
  })

  it('any failure before the request was handed to the network', () => {
    expect(reason(new Error('no credentials'), false)).toBe('Error')
  })

  it("the SDK's own connection timer, as this version words it", async () => {
    const client = new SNSClient({
      region: 'eu-central-1',
      endpoint: 'http://silent.invalid',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-secret' },
      maxAttempts: 1,
      // a name server that never answers: the connection never stands
      requestHandler: { connectionTimeout: 20, httpAgent: { lookup: () => {} } },
    })
    const error = await client.send(new PublishCommand({ Message: 'm', PhoneNumber: '+14155552671' })).catch(e => e)
    client.destroy()
    expect(reason(error)).toBe('TimeoutError')
  })
})

describe('a failure leaves it open', () => {
  it.each([
    ['an error of the server', answered(500, 'InternalErrorException')],
    ['an answer that could not be read', answered(200, 'SyntaxError')],
    ['a reset', broken('ECONNRESET', 'read')],
    ['a broken pipe', broken('EPIPE', 'write')],
    ['a time-out', Object.assign(new Error('aborted'), { name: 'AbortError' })],
    [
      'an address refused, another reset',
      new AggregateError([broken('ECONNREFUSED', 'connect'), broken('ECONNRESET', 'read')]),
    ],
    ['an aggregate of nothing', new AggregateError([])],
    ['something that is no error', 'gone'],
    ['nothing', undefined],
  ])('%s', (_case, error) => {
    expect(reason(error)).toBeNull()
  })
})

it('a reason is a word for the log: never what the provider wrote', () => {
  expect(reason(answered(400, 'Bad\nname +14155552671'))).toBe('Error')
  expect(reason(answered(400, 'X'.repeat(100_000)))).toBe('Error')
})
