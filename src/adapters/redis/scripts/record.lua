-- Stands before the scripts of codes, whose KEYS are 1 record, 2 open pointers. A record is a hash: binding, login,
-- pointer (its field in the open pointers), sameness, state, attempts (left), pendingUntil ('': as long as its newest
-- code), endedAt (once it ended before its time), displaced (what the pointer named before), serial, attempt/<id>, and
-- sends: the list of the sends that count, from which codes, waits and end follow, so that taking one back is dropping it.
local function status(key, record)
  if record.state ~= 'pending' then return record.state end
  if record.attempts <= 0 then return 'exhausted' end
  local open = redis.call('HGET', KEYS[2], record.pointer)
  if not open then return 'cancelled' end
  if open ~= key then return 'superseded' end
  return now >= record.ends and 'expired' or 'pending'
end

-- The record under this key, or nil once nobody may read it any more.
local function find(key)
  local flat, record = redis.call('HGETALL', key), {}
  if #flat == 0 then return nil end
  for i = 1, #flat, 2 do record[flat[i]] = flat[i + 1] end
  record.sends = cjson.decode(record.sends)
  record.newest = record.sends[#record.sends]
  record.attempts = tonumber(record.attempts)
  record.ends = tonumber(record.pendingUntil) or record.newest.ends
  if now >= (tonumber(record.endedAt) or record.ends) + READABLE_MS then return nil end
  record.status = status(key, record)
  return record
end

-- A send as the list keeps it. No code outlives a record that has an end of its own.
local function send(no, code, lifetimeMs, pendingUntil)
  local made = cjson.decode(code)
  made.no, made.at, made.delivery = no, now, 'unknown'
  made.ends = math.min(now + tonumber(lifetimeMs), tonumber(pendingUntil) or math.huge)
  return made
end
