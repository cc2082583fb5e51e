-- Runs before every script, so that no script takes effect after its worker has given up. The last argument
-- is the time at which the worker gives up, in seconds by the clock of this Redis.
local now = redis.call('TIME')
if now[1] + now[2] / 1000000 > tonumber(table.remove(ARGV)) then
  return redis.error_reply('LATE the time that a call waits is over')
end

