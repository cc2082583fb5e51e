-- The current run of a case in a sandbox: the token of the worker that has begun the run.
-- ARGV[1] names the command, a function below.

local run = KEYS[1]
local commands = {}

-- claim TOKEN SECONDS: 1 if TOKEN has the current run, also if the worker asks twice
function commands.claim()
  redis.call('SET', run, ARGV[2], 'NX', 'EX', ARGV[3])
  return redis.call('GET', run) == ARGV[2] and 1 or 0
end

-- end TOKEN
commands['end'] = function()
  return redis.call('GET', run) == ARGV[2] and redis.call('DEL', run) or 0
end

return commands[ARGV[1]]()
