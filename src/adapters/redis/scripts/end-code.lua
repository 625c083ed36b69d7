#!lua flags=allow-oom
-- Notes how a record ended, and forgets its codes. The right code may come with the last attempt, so a record that has
-- none left has not ended yet.
-- KEYS 1 record, 2 open pointers. ARGV 1 clock offset ms, 2 'verified' | 'exhausted' | 'cancelled'.
-- Returns 'ended' or 'ignored'.
local record = find(KEYS[1])
if not record or record.state ~= 'pending' then return 'ignored' end
if record.status ~= 'pending' and record.status ~= 'exhausted' then return 'ignored' end
for _, code in ipairs(record.sends) do code.kid, code.digest = '', '' end
redis.call('HSET', KEYS[1], 'state', ARGV[2], 'endedAt', now, 'sends', cjson.encode(record.sends))
redis.call('PEXPIRE', KEYS[1], READABLE_MS)
return 'ended'
