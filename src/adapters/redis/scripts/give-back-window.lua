#!lua flags=allow-oom
-- KEYS 1 sends. ARGV 1 clock offset ms, 2 send id. Returns how many were given back: 0 or 1.
return redis.call('ZREM', KEYS[1], ARGV[2])
