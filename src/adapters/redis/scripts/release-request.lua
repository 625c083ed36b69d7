#!lua flags=allow-oom
-- Lets an idempotency key go, unless it has been answered.
-- KEYS 1 request. ARGV 1 clock offset ms. Returns how many keys went: 0 or 1.
if redis.call('HEXISTS', KEYS[1], 'answer') == 1 then return 0 end
return redis.call('DEL', KEYS[1])
