#!lua
-- Keeps the answer of a request; one that stands already is the first, and stays.
-- KEYS 1 request. ARGV 1 clock offset ms, 2 body digest, 3 answer, 4 ms to keep it. Returns 'kept' or 'ignored'.
local request = redis.call('HMGET', KEYS[1], 'ends', 'answer')
if request[2] and now < tonumber(request[1]) then return 'ignored' end
redis.call('HSET', KEYS[1], 'body', ARGV[2], 'ends', now + tonumber(ARGV[4]), 'answer', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 'kept'
