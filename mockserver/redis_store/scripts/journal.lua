-- The journal of one sandbox: entries by number, within limits of number and size.
-- ARGV[1] names the command, a function below.

local sandbox, entries, head = unpack(KEYS)
local commands = {}

-- Drops the oldest entries until the rest is within the limits. Returns the first number that is still
-- stored, or 0 if no entry was dropped.
local function trim(max_entries, max_bytes)
  local count, first = redis.call('XLEN', entries), 0
  local bytes = tonumber(redis.call('HGET', head, 'bytes') or 0)
  while count > max_entries or (bytes > max_bytes and count > 1) do
    local oldest = redis.call('XRANGE', entries, '-', '+', 'COUNT', 1)[1]
    redis.call('XDEL', entries, oldest[1])
    bytes = redis.call('HINCRBY', head, 'bytes', -oldest[2][4])
    redis.call('HINCRBY', head, 'dropped', 1)
    count = count - 1
    first = tonumber(string.match(oldest[1], '^%d+')) + 1
  end
  return first
end

-- append TOKEN SIZE MAX_ENTRIES MAX_BYTES CHANNEL NAME ENTRY
-- Returns the entry's number, or 0 if the sandbox is missing; and the number that `trim` returns.
function commands.append()
  local token, size = ARGV[2], tonumber(ARGV[3])
  if redis.call('EXISTS', sandbox) == 0 then return {0, 0} end
  local newest = redis.call('XREVRANGE', entries, '+', '-', 'COUNT', 1)[1]
  if newest and newest[2][2] == token then return {redis.call('HGET', head, 'last'), 0} end -- asked twice
  local number = redis.call('HINCRBY', head, 'last', 1)
  redis.call('XADD', entries, number .. '-0', 't', token, 's', size, 'e', ARGV[8])
  redis.call('HINCRBY', head, 'bytes', size)
  local first = trim(tonumber(ARGV[4]), tonumber(ARGV[5]))
  redis.call('PUBLISH', ARGV[6], ARGV[7] .. ' ' .. number)
  return {number, first}
end

-- shrink MAX_ENTRIES MAX_BYTES: returns the first number that is still stored, or 0 if no entry was dropped
function commands.shrink() return trim(tonumber(ARGV[2]), tonumber(ARGV[3])) end

-- clear: returns the number of the next entry
function commands.clear()
  redis.call('DEL', entries)
  redis.call('HDEL', head, 'bytes', 'dropped')
  return (redis.call('HGET', head, 'last') or 0) + 1
end

return commands[ARGV[1]]()
