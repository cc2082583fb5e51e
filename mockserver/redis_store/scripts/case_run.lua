-- The run of a case that goes on in a sandbox, by the token of who has begun it.
-- ARGV[1] names the command, a function below.

local run = KEYS[1]
local commands = {}

-- claim TOKEN SECONDS: 1 if the run of that token goes on now, also when asked twice
function commands.claim()
  redis.call('SET', run, ARGV[2], 'NX', 'EX', ARGV[3])
  return redis.call('GET', run) == ARGV[2] and 1 or 0
end

-- end TOKEN
commands['end'] = function()
  return redis.call('GET', run) == ARGV[2] and redis.call('DEL', run) or 0
end

return commands[ARGV[1]]()
