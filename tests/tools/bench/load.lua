-- Sends the calls of a file in turns, and prints the figures as JSON: `wrk --latency -s load.lua URL -- FILE`.
-- Before each call stands the number of its bytes, on a line.
local calls, at = {}, 0

function init(words)
  local file = assert(io.open(words[1], "rb"))
  for size in file:lines() do calls[#calls + 1] = file:read(tonumber(size)) end
  file:close()
end

function request()
  at = at % #calls + 1
  return calls[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"calls_s": %f, "p50": %f, "p99": %f, "failed": %d}\n', summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
