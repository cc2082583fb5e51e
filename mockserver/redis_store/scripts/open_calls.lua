-- The open calls of one sandbox. Each call is a text of words (its name and its groups) and has a lease.
-- ARGV[1] names the command, a function below.

local calls = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local commands = {}

-- Returns how many calls each group has; the groups are the arguments from `first` on.
local function counts(first)
  local open, found = redis.call('ZRANGEBYSCORE', calls, now, '+inf'), {}
  for at = first, #ARGV do
    local count = 0
    for _, call in ipairs(open) do
      if string.find(call, ' ' .. ARGV[at] .. ' ', 1, true) then count = count + 1 end
    end
    found[#found + 1] = count
  end
  return found
end

-- enter CALL LEASE_MS GROUP…: returns how many calls each group has, including CALL
function commands.enter()
  redis.call('ZREMRANGEBYSCORE', calls, '-inf', now)
  redis.call('ZADD', calls, now + ARGV[3], ARGV[2])
  redis.call('PEXPIRE', calls, ARGV[3])
  return counts(4)
end

-- renew LEASE_MS CALL…: prolongs calls that are still stored; missing calls were dropped with their sandbox
function commands.renew()
  for at = 3, #ARGV do redis.call('ZADD', calls, 'XX', now + ARGV[2], ARGV[at]) end
  return redis.call('PEXPIRE', calls, ARGV[2])
end

-- count GROUP…
function commands.count() return counts(2) end

return commands[ARGV[1]]()
