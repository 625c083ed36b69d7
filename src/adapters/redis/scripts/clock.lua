-- Stands before every script. ARGV 1 is the offset of the test clock in ms (0 in production).
-- No script deletes or empties a key that it uses afterwards: while a Cluster moves the slot, it would then belong to another node.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])

-- Gives a key at least so many ms to live; never shortens.
local function keep(key, ms)
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, math.ceil(ms)) end
end
