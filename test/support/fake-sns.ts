/** SNS as far as one SMS goes: `Publish` to a number, with the checks that the real one makes. */
import { type AwsError, openAwsQueryServer, type QueryParameters } from './aws-query-server.ts'

/** Attribute name → [data type, value], unfolded from `MessageAttributes.entry.N`. */
export function attributesOf(parameters: QueryParameters): Record<string, [string | undefined, string | undefined]> {
  const attributes: Record<string, [string | undefined, string | undefined]> = {}
  for (let n = 1; ; n += 1) {
    const entry = `MessageAttributes.entry.${n}`
    const name = parameters[`${entry}.Name`]
    if (name === undefined) return attributes
    attributes[name] = [parameters[`${entry}.Value.DataType`], parameters[`${entry}.Value.StringValue`]]
  }
}

/** What each attribute may be; https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html */
const known: Readonly<Record<string, RegExp>> = {
  'AWS.SNS.SMS.SMSType': /^String:(Transactional|Promotional)$/,
  'AWS.SNS.SMS.SenderID': /^String:(?=.*[A-Za-z])[A-Za-z0-9-]{1,11}$/,
  'AWS.SNS.SMS.MaxPrice': /^Number:\d+(\.\d+)?$/,
  'AWS.MM.SMS.OriginationNumber': /^String:\+?\d{5,14}$/,
}

const invalid = (what: string): AwsError => ({
  status: 400,
  code: 'InvalidParameter',
  message: `Invalid parameter: ${what}`,
})

function refuse(parameters: QueryParameters): AwsError | null {
  const { PhoneNumber = '', Message = '' } = parameters
  if (!/^\+[1-9]\d{4,14}$/.test(PhoneNumber))
    return invalid(`PhoneNumber Reason: ${PhoneNumber} is not valid to publish to`)
  if (Message === '' || Message.length > 1600) return invalid('Message')
  for (const [name, value] of Object.entries(attributesOf(parameters))) {
    if (!known[name]?.test(value.join(':'))) return invalid(`The value of ${name} is not valid`)
  }
  return null
}

export const openFakeSns = () => openAwsQueryServer('Publish', refuse)
