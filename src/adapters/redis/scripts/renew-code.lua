#!lua
-- Adds a code to a pending record, within its sends and waits.
-- KEYS 1 record, 2 open pointers. ARGV 1 clock offset ms, 2 code, 3 its lifetime ms.
-- Returns {'missing'}, {'over' | 'sends_exhausted', record}, {'too_soon', record, ms when it is not} or
-- {'renewed', record, number of the send}.
local record = find(KEYS[1])
if not record then return { 'missing' } end
if record.status ~= 'pending' then return { 'over', view(record) } end
if #record.sends >= SENDS_MAX then return { 'sends_exhausted', view(record) } end
local retryAt = resendAt(record, cjson.decode(ARGV[2]).target.factorId)
if now < retryAt then return { 'too_soon', view(record), retryAt } end

-- Numbers of sends are never used again, so that late news of one that was taken back meets none.
local no = redis.call('HINCRBY', KEYS[1], 'serial', 1)
table.insert(record.sends, send(no, ARGV[2], ARGV[3], record.pendingUntil))
redis.call('HSET', KEYS[1], 'sends', cjson.encode(record.sends))
local renewed = find(KEYS[1])
keep(KEYS[1], renewed.ends - now + READABLE_MS)
keep(KEYS[2], renewed.ends - now + READABLE_MS)
return { 'renewed', view(renewed), no }
