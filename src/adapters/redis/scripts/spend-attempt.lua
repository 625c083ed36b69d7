#!lua
-- Spends one attempt and hands out what is to be compared. An attempt id that has spent one spends no second.
-- KEYS 1 record, 2 open pointers. ARGV 1 clock offset ms, 2 login digest, 3 attempt id.
-- Returns {'missing'}, {'over', record} or {'spent', record, codes}.
local record = find(KEYS[1])
if not record or record.login ~= ARGV[2] then return { 'missing' } end
local seen = record['attempt/' .. ARGV[3]]
local again = seen and record.state == 'pending' and record.status == 'exhausted'
local codes = alive(record)
if #codes == 0 or record.status ~= 'pending' and not again then return { 'over', view(record) } end
if not seen then
  local left = redis.call('HINCRBY', KEYS[1], 'attempts', -1)
  redis.call('HSET', KEYS[1], 'attempt/' .. ARGV[3], 1)
  if left == 0 then redis.call('HSET', KEYS[1], 'endedAt', now) end
end
return { 'spent', view(find(KEYS[1])), cjson.encode(codes) }
