#!lua
-- Takes an idempotency key unless it is taken or answered.
-- KEYS 1 request (hash: body, ends, answer). ARGV 1 clock offset ms, 2 body digest, 3 lease ms.
-- Returns {'started'}, {'running'}, {'other_body'} or {'answered', answer}.
local request = redis.call('HMGET', KEYS[1], 'body', 'ends', 'answer')
if request[1] and now < tonumber(request[2]) then
  if request[1] ~= ARGV[2] then return { 'other_body' } end
  if request[3] then return { 'answered', request[3] } end
  return { 'running' }
end
redis.call('HSET', KEYS[1], 'body', ARGV[2], 'ends', now + tonumber(ARGV[3]))
redis.call('HDEL', KEYS[1], 'answer')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return { 'started' }
