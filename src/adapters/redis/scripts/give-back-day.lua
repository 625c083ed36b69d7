#!lua flags=allow-oom
-- Gives one send of this UTC day back. In a day's first seconds the send may have been reserved the day before: then
-- nothing is given back, so that the day is one poorer and never one over.
-- KEYS 1 counter. ARGV 1 clock offset ms, 2 ms within which a send is given back. Returns how many: 0 or 1.
local day = math.floor(now / 86400000)
local counter = redis.call('HMGET', KEYS[1], 'day', 'used')
if tonumber(counter[1] or -1) ~= day or tonumber(counter[2]) == 0 then return 0 end
if now - day * 86400000 < tonumber(ARGV[2]) then return 0 end
redis.call('HINCRBY', KEYS[1], 'used', -1)
return 1
