#!lua flags=allow-oom
-- KEYS 1 sends, 2 counter. ARGV 1 clock offset ms. Returns how many of the two were there.
return redis.call('DEL', KEYS[1], KEYS[2])
