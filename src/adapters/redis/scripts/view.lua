-- Stands before the scripts of codes that answer with a record.

-- The codes that may be compared, the newest first: the newest, and the one before if it went to the same factor.
local function alive(record)
  local codes = {}
  for i = #record.sends, math.max(1, #record.sends - 1), -1 do
    local code = record.sends[i]
    if now < code.ends and code.target.factorId == record.newest.target.factorId then
      codes[#codes + 1] = { kid = code.kid, digest = code.digest, target = code.target, sendNo = code.no }
    end
  end
  return codes
end

-- When the next code may go to this factor; nil: no more at all, 0: none went there yet.
local function resendAt(record, factorId)
  if #record.sends >= SENDS_MAX then return nil end
  local count, last = 0, 0
  for _, code in ipairs(record.sends) do
    if code.target.factorId == factorId then count, last = count + 1, code.at end
  end
  return count == 0 and 0 or last + WAITS_MS[count]
end

local function view(record)
  local newest = record.newest
  return cjson.encode({
    binding = record.binding, status = record.status, target = newest.target, codeLength = newest.codeLength,
    expiresAt = newest.ends, resendAt = resendAt(record, newest.target.factorId), attemptsLeft = record.attempts,
    sendsLeft = SENDS_MAX - #record.sends, delivery = newest.delivery, readAt = now,
  })
end
