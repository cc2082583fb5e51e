-- One sandbox: its documents, the log of its changes, the turn of a writing worker, its place in a list.
-- ARGV[1] names the command, a function below; documents are bytes that no script looks into.

local sandboxes, head, documents, log, lock, queue, wake, calls, open, journal, journal_head = unpack(KEYS)
local SLICE = 4000 -- number of values that `unpack` takes at once
local HAND_OVER_MS = 250

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function in_slices(command, key, first, last)
  for at = first, last, SLICE do
    redis.call(command, key, unpack(ARGV, at, math.min(at + SLICE - 1, last)))
  end
end

local function id(version) return version .. '-0' end

-- Gives the turn to the worker that has waited longest. That worker takes the token out of `wake`.
local function hand_over(token)
  redis.call('ZREMRANGEBYSCORE', queue, '-inf', now_ms())
  if redis.call('ZCARD', queue) == 0 then
    redis.call('DEL', lock)
    return
  end
  redis.call('ZPOPMIN', queue)
  redis.call('SET', lock, token, 'PX', HAND_OVER_MS)
  redis.call('DEL', wake)
  redis.call('RPUSH', wake, token)
  redis.call('PEXPIRE', wake, HAND_OVER_MS)
end

-- Returns the changes after the copy's version (`stale`), or that the copy is of another history (`reload`),
-- or that the worker's own change is stored, although other changes came after it (`done`).
local function changes_since(version, tx, new_tx, held)
  local newer = redis.call('XRANGE', log, id(version), '+')
  if not newer[1] or newer[1][1] ~= id(version) or newer[1][2][2] ~= tx then return {'reload'} end
  if newer[2] and newer[2][2][2] == new_tx then return {'done', string.format('%.0f', version + 1)} end
  local fields, seen = {}, {}
  for at = 2, #newer do
    for _, field in ipairs(cmsgpack.unpack(newer[at][2][4])) do
      if not seen[field] then
        seen[field] = true
        fields[#fields + 1] = field
      end
    end
  end
  local values = {}
  for first = 1, #fields, SLICE do
    local slice = redis.call('HMGET', documents, unpack(fields, first, math.min(first + SLICE - 1, #fields)))
    for at = 1, #slice do values[first + at - 1] = slice[at] end
  end
  return {'stale', held[2], held[3], fields, values}
end

-- Forgets the oldest changes beyond `most` documents; the newest entry stays.
local function trim(kept, most)
  while kept > most do
    local oldest = redis.call('XRANGE', log, '-', '+', 'COUNT', 2)
    if #oldest < 2 then break end
    kept = kept - tonumber(oldest[1][2][8])
    redis.call('XDEL', log, oldest[1][1])
  end
  return kept
end

local commands = {}

-- create EPOCH TX NAME USED (FIELD VALUE)…
function commands.create()
  local epoch = redis.call('HGET', head, 'epoch')
  if epoch then return epoch == ARGV[2] and 1 or 0 end -- asked twice, or somebody else's
  redis.call('DEL', documents, log, lock, queue, wake, calls, journal, journal_head)
  redis.call('HSET', sandboxes, ARGV[4], ARGV[5])
  redis.call('HSET', head, 'epoch', ARGV[2], 'version', '1', 'tx', ARGV[3], 'kept', '0')
  redis.call('XADD', log, id(1), 't', ARGV[3], 'n', cmsgpack.pack({}), 'b', '', 's', '0')
  in_slices('HSET', documents, 6, #ARGV)
  return 1
end

function commands.load()
  local held = redis.call('HMGET', head, 'epoch', 'version', 'tx')
  if not held[1] then return false end
  return {held[1], held[2], held[3], redis.call('HGETALL', documents)}
end

-- Returns for each field: its length, the length of its document (-1 if missing), the field, the document.
local function held_now(fields)
  local parts = {}
  for first = 1, #fields, SLICE do
    local last = math.min(first + SLICE - 1, #fields)
    local values = redis.call('HMGET', documents, unpack(fields, first, last))
    for at = 1, #values do
      local field, value = fields[first + at - 1], values[at] or ''
      parts[#parts + 1] = struct.pack('>i4i4', #field, values[at] and #value or -1)
      parts[#parts + 1] = field
      parts[#parts + 1] = value
    end
  end
  return table.concat(parts)
end

-- commit EPOCH VERSION TX NEW_TX TOKEN MOST SETS (FIELD VALUE)… FIELD…
function commands.commit()
  local epoch, version, tx, new_tx, token = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
  local held = redis.call('HMGET', head, 'epoch', 'version', 'tx', 'kept')
  if not held[1] then return {'missing'} end
  if held[1] ~= epoch then return {'reload'} end
  -- The answer was lost, and the worker asks again; the log may not know the copy's version any more.
  if held[3] == new_tx then return {'done', held[2]} end
  if held[2] ~= version or held[3] ~= tx then return changes_since(version, tx, new_tx, held) end
  local last = 8 + 2 * ARGV[8]
  if #ARGV == 8 then return {'done', version} end
  local holder = redis.call('GET', lock)
  if holder and holder ~= token then return {'busy'} end
  local names = {}
  for at = 9, last, 2 do names[#names + 1] = ARGV[at] end
  for at = last + 1, #ARGV do names[#names + 1] = ARGV[at] end
  local new_version, before = string.format('%.0f', version + 1), held_now(names)
  in_slices('HSET', documents, 9, last)
  in_slices('HDEL', documents, last + 1, #ARGV)
  redis.call('XADD', log, id(new_version), 't', new_tx, 'n', cmsgpack.pack(names), 'b', before, 's', #names)
  local kept = trim(held[4] + #names, tonumber(ARGV[7]))
  redis.call('HSET', head, 'version', new_version, 'tx', new_tx, 'kept', kept)
  if holder then hand_over(new_tx) end
  return {'done', new_version}
end

-- acquire TOKEN WAIT_MS LEASE_MS: 1 if it is the worker's turn, 0 if it has to wait at `wake`
function commands.acquire()
  local token = ARGV[2]
  if redis.call('GET', lock) == token then return 1 end -- asked twice
  if redis.call('EXISTS', lock) == 0 and redis.call('ZCARD', queue) > 0 then hand_over(token .. '+') end
  if redis.call('EXISTS', lock) == 0 then
    redis.call('SET', lock, token, 'PX', ARGV[4])
    return 1
  end
  redis.call('ZADD', queue, now_ms() + ARGV[3], token)
  return 0
end

-- turn EPOCH VERSION TX TOKEN ASKED LEASE_MS: the changes after the copy's version, if TOKEN has the turn,
-- which is prolonged; ASKED no longer waits in the queue
function commands.turn()
  local version, tx = ARGV[3], ARGV[4]
  local held = redis.call('HMGET', head, 'epoch', 'version', 'tx')
  if not held[1] then return {'missing'} end
  redis.call('ZREM', queue, ARGV[6])
  if redis.call('GET', lock) ~= ARGV[5] then return {'busy'} end
  redis.call('PEXPIRE', lock, ARGV[7])
  if held[1] ~= ARGV[2] then return {'reload'} end
  if held[2] == version and held[3] == tx then return {'done', version} end
  return changes_since(version, tx, '', held)
end

-- release TOKEN NEXT_TOKEN
function commands.release()
  if redis.call('GET', lock) == ARGV[2] then hand_over(ARGV[3]) end
  return 1
end

-- end_call NUMBER BEFORE AFTER EPOCH: the versions around a recorded call
function commands.end_call()
  if redis.call('HGET', head, 'epoch') ~= ARGV[5] then return 0 end
  redis.call('ZADD', calls, ARGV[2], ARGV[2] .. ' ' .. ARGV[3] .. ' ' .. ARGV[4])
  return 1
end

-- touch NAME USED: note a use of the sandbox, if it exists
function commands.touch()
  return redis.call('EXISTS', head) == 1 and redis.call('HSET', sandboxes, ARGV[2], ARGV[3]) + 1 or 0
end

-- delete EPOCH NAME USED: deletes the sandbox, unless it was created again after EPOCH or, if USED is given,
-- was used after that time
function commands.delete()
  if redis.call('HGET', head, 'epoch') ~= ARGV[2] then return 0 end
  if ARGV[4] ~= '' and redis.call('HGET', sandboxes, ARGV[3]) ~= ARGV[4] then return 0 end
  redis.call('HDEL', sandboxes, ARGV[3])
  return redis.call('DEL', head, documents, log, lock, queue, wake, calls, open, journal, journal_head)
end

return commands[ARGV[1]]()
