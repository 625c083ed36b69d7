/** Mutants by hand of the Lua scripts: what counts, compares and expires. */
import type { Mutants } from './by-hand.ts'

const LUA = 'src/adapters/redis/scripts'
const CODES = ['test/contract/code-store.contract.test.ts']
const LIMITS = ['test/contract/send-limits.contract.test.ts']
const REQUESTS = ['test/contract/idempotency-records.contract.test.ts']

export const redisMutants: Mutants[] = [
  {
    file: `${LUA}/record.lua`,
    suites: CODES,
    mutants: [
      ["record.attempts <= 0 then return 'exhausted'", "record.attempts < 0 then return 'exhausted'"],
      ["if open ~= key then return 'superseded' end", ''],
      ["now >= record.ends and 'expired'", "now > record.ends + 1000 and 'expired'"],
      ["now >= record.ends and 'expired'", "false and 'expired'"],
      ['if now >= (tonumber(record.endedAt) or record.ends) + READABLE_MS then return nil end', ''],
      ['(tonumber(record.endedAt) or record.ends)', 'record.ends'],
      ['math.min(now + tonumber(lifetimeMs), tonumber(pendingUntil) or math.huge)', 'now + tonumber(lifetimeMs)'],
    ],
  },
  {
    file: `${LUA}/view.lua`,
    suites: CODES,
    mutants: [
      ['now < code.ends and code.target', 'code.target'],
      [' and code.target.factorId == record.newest.target.factorId', ''],
      ['math.max(1, #record.sends - 1)', '1'],
      ['math.max(1, #record.sends - 1)', '#record.sends'],
      ['if #record.sends >= SENDS_MAX then return nil end', ''],
      ['if code.target.factorId == factorId then count', 'if true then count'],
      ['count == 0 and 0 or last + WAITS_MS[count]', '0'],
      ['last + WAITS_MS[count]', 'last + WAITS_MS[1]'],
      ['SENDS_MAX - #record.sends', 'SENDS_MAX'],
    ],
  },
  {
    file: `${LUA}/spend-attempt.lua`,
    suites: CODES,
    mutants: [
      [' or record.login ~= ARGV[2]', ''],
      ["local again = seen and record.state == 'pending' and record.status == 'exhausted'", 'local again = seen'],
      ["local again = seen and record.state == 'pending' and record.status == 'exhausted'", 'local again = false'],
      ["seen and record.state == 'pending'", 'seen'],
      ['if #codes == 0 or record.status', 'if record.status'],
      [" or record.status ~= 'pending' and not again", ''],
      ["'attempts', -1", "'attempts', 0"],
      ["redis.call('HSET', KEYS[1], 'attempt/' .. ARGV[3], 1)", ''],
      ["if left == 0 then redis.call('HSET', KEYS[1], 'endedAt', now) end", ''],
    ],
  },
  {
    file: `${LUA}/open-code.lua`,
    suites: CODES,
    mutants: [
      ["if before and before.status == 'pending' then", 'if before then'],
      ['if before.sameness == ARGV[4]', 'if true'],
      ['if before.sameness == ARGV[4]', 'if false'],
      ["redis.call('HSET', displaced, 'endedAt', now)", ''],
      ["ARGV[8] == '' and '' or now + tonumber(ARGV[8])", "''"],
      ["'attempts', ATTEMPTS_MAX", "'attempts', ATTEMPTS_MAX + 1"],
      ["redis.call('HSET', KEYS[2], ARGV[2], KEYS[1])", ''],
    ],
  },
  {
    file: `${LUA}/renew-code.lua`,
    suites: CODES,
    mutants: [
      ["if record.status ~= 'pending' then return { 'over', view(record) } end", ''],
      ['#record.sends >= SENDS_MAX', '#record.sends > SENDS_MAX'],
      ['if now < retryAt', 'if now + 3000 < retryAt'],
      ["if now < retryAt then return { 'too_soon', view(record), retryAt } end", ''],
      ['cjson.decode(ARGV[2]).target.factorId', 'record.newest.target.factorId'],
      ["'serial', 1)", "'serial', 0)"],
      ['ARGV[3], record.pendingUntil', "ARGV[3], ''"],
    ],
  },
  {
    file: `${LUA}/note-send.lua`,
    suites: CODES,
    mutants: [
      [' or record.newest.no ~= tonumber(ARGV[2])', ''],
      ["if record.state ~= 'pending' then return 'ignored' end", ''],
      ['if #record.sends > 1 then', 'if #record.sends > 2 then'],
      ["redis.call('HSET', KEYS[2], record.pointer, displaced)", ''],
      ["and state[2] ~= '0' then", 'then'],
      ["redis.call('HDEL', displaced, 'endedAt')", "redis.call('HDEL', displaced, 'nothing')"],
      ["if under == KEYS[1] then redis.call('HSET', open, 'displaced', displaced) end", ''],
    ],
  },
  {
    file: `${LUA}/end-code.lua`,
    suites: [...CODES, 'test/contract/redis-data.contract.test.ts'],
    mutants: [
      [" or record.state ~= 'pending' then return", ' then return'],
      ["if record.status ~= 'pending' and record.status ~= 'exhausted' then return 'ignored' end", ''],
      [" and record.status ~= 'exhausted' then", ' then'],
      ["code.kid, code.digest = '', ''", 'code.no = code.no'],
      ["'endedAt', now, ", ''],
    ],
  },
  {
    file: `${LUA}/reserve-window.lua`,
    suites: [...LIMITS, 'test/contract/redis-connection.contract.test.ts'],
    mutants: [
      ['count >= max', 'count > max'],
      ['not held and count >= max', 'count >= max'],
      ['count - max, 1)', '0, 1)'],
      ['count - max, 1)', 'count - max + 1, 1)'],
      ['wait = math.max(wait or 0,', 'wait = math.min(wait or math.huge,'],
      ["redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - longest)", ''],
      ['or 0) > now - longest', 'or 0) > 0'],
      ["string.format('%.0f', now - ms)", "string.format('%.0f', now - longest)"],
      ["if not held then redis.call('ZADD', KEYS[1], now, ARGV[2]) end", "redis.call('ZADD', KEYS[1], now, ARGV[2])"],
      ["if not held then redis.call('ZADD', KEYS[1], now, ARGV[2]) end", ''],
      ["held and 'held' or 'granted'", "'granted'"],
    ],
  },
  {
    file: `${LUA}/reserve-day.lua`,
    suites: LIMITS,
    mutants: [
      ['used >= tonumber(ARGV[2])', 'used > tonumber(ARGV[2])'],
      ['tonumber(counter[1]) == day and ', ''],
      ["'used', used + 1)", "'used', used)"],
      ['(day + 1) * 86400000 - now', 'day * 86400000 + 86400000'],
    ],
  },
  {
    file: `${LUA}/give-back-day.lua`,
    suites: LIMITS,
    mutants: [
      [' or tonumber(counter[2]) == 0 then', ' then'],
      ['tonumber(counter[1] or -1) ~= day or ', ''],
      ['if now - day * 86400000 < tonumber(ARGV[2]) then return 0 end', ''],
      ["'used', -1)", "'used', 0)"],
    ],
  },
  {
    file: `${LUA}/begin-request.lua`,
    suites: REQUESTS,
    mutants: [
      ['request[1] and now < tonumber(request[2])', 'request[1]'],
      ["if request[1] ~= ARGV[2] then return { 'other_body' } end", ''],
      ["if request[3] then return { 'answered', request[3] } end", ''],
      ["redis.call('HDEL', KEYS[1], 'answer')", ''],
    ],
  },
  {
    file: `${LUA}/answer-request.lua`,
    suites: REQUESTS,
    mutants: [["if request[2] and now < tonumber(request[1]) then return 'ignored' end", '']],
  },
  {
    file: `${LUA}/release-request.lua`,
    suites: REQUESTS,
    mutants: [["if redis.call('HEXISTS', KEYS[1], 'answer') == 1 then return 0 end", '']],
  },
]
