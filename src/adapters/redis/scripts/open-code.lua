#!lua
-- Opens a record and points the login's pointer at it, unless the same one is pending.
-- KEYS 1 record, 2 open pointers. ARGV 1 clock offset ms, 2 pointer field, 3 login digest, 4 sameness, 5 binding,
-- 6 code, 7 its lifetime ms, 8 pending ms ('': as long as its newest code).
-- Returns {'opened' | 'existing', record}. The record that the pointer names is read too: it lies in the same slot.
local displaced = redis.call('HGET', KEYS[2], ARGV[2])
local before = displaced and find(displaced)
if before and before.status == 'pending' then
  if before.sameness == ARGV[4] then return { 'existing', view(before) } end
  redis.call('HSET', displaced, 'endedAt', now)
end
local pendingUntil = ARGV[8] == '' and '' or now + tonumber(ARGV[8])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'binding', ARGV[5], 'login', ARGV[3], 'pointer', ARGV[2], 'sameness', ARGV[4],
  'state', 'pending', 'attempts', ATTEMPTS_MAX, 'pendingUntil', pendingUntil, 'serial', 1,
  'displaced', before and displaced ~= KEYS[1] and displaced or '',
  'sends', cjson.encode({ send(1, ARGV[6], ARGV[7], pendingUntil) }))
redis.call('HSET', KEYS[2], ARGV[2], KEYS[1])
local opened = find(KEYS[1])
keep(KEYS[1], opened.ends - now + READABLE_MS)
keep(KEYS[2], opened.ends - now + READABLE_MS)
return { 'opened', view(opened) }
