#!lua
-- Reserves one send of a UTC day.
-- KEYS 1 counter (hash: day, used). ARGV 1 clock offset ms, 2 max.
-- Returns {'granted', sends of the day} or {'refused', ms until the next day}.
local day = math.floor(now / 86400000)
local left = (day + 1) * 86400000 - now
local counter = redis.call('HMGET', KEYS[1], 'day', 'used')
local used = tonumber(counter[1]) == day and tonumber(counter[2]) or 0
if used >= tonumber(ARGV[2]) then return { 'refused', left } end
redis.call('HSET', KEYS[1], 'day', day, 'used', used + 1)
redis.call('PEXPIRE', KEYS[1], left)
return { 'granted', used + 1 }
