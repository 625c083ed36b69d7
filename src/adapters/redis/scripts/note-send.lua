#!lua flags=allow-oom
-- Notes what became of the newest send; 'refused' takes it back, and the record with it if it was the only one.
-- KEYS 1 record, 2 open pointers. ARGV 1 clock offset ms, 2 number of the send, 3 'sent' | 'unknown' | 'refused'.
-- Returns 'noted', 'taken_back' or 'ignored'. Records named by pointers are touched too: they lie in the same slot.
local record = find(KEYS[1])
if not record or record.newest.no ~= tonumber(ARGV[2]) then return 'ignored' end
if ARGV[3] ~= 'refused' then
  record.newest.delivery = ARGV[3]
  redis.call('HSET', KEYS[1], 'sends', cjson.encode(record.sends))
  return 'noted'
end
if record.state ~= 'pending' then return 'ignored' end
if #record.sends > 1 then
  table.remove(record.sends)
  redis.call('HSET', KEYS[1], 'sends', cjson.encode(record.sends))
  return 'taken_back'
end

local open, displaced = redis.call('HGET', KEYS[2], record.pointer), record.displaced
if open == KEYS[1] and displaced == '' then
  redis.call('HDEL', KEYS[2], record.pointer)
elseif open == KEYS[1] then
  redis.call('HSET', KEYS[2], record.pointer, displaced)
  local state = redis.call('HMGET', displaced, 'state', 'attempts')
  if state[1] == 'pending' and state[2] ~= '0' then redis.call('HDEL', displaced, 'endedAt') end
end
-- A later record that displaced this one now stands on what this one displaced. Bounded, so that nothing can hold the server.
for _ = 1, 64 do
  local under = open and open ~= '' and open ~= KEYS[1] and redis.call('HGET', open, 'displaced')
  if under == KEYS[1] then redis.call('HSET', open, 'displaced', displaced) end
  open = under
end
redis.call('DEL', KEYS[1])
return 'taken_back'
