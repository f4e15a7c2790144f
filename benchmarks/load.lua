-- For wrk: asks for the next address of a file each time, and says at the end what came of it, as JSON.
--
--     wrk … -s load.lua URL -- FILE FROM METHOD BODY [NAME VALUE]     from the line FROM (0: the first) on; all again after the last
local paths, at, method, body, headers = {}, 0, "GET", nil, {}

function init(args)
  for line in io.lines(args[1]) do paths[#paths + 1] = line end
  at = tonumber(args[2])
  method = args[3]
  if args[4] ~= "" then
    body = args[4]
    headers["Content-Type"] = "application/x-www-form-urlencoded"
  end
  if args[5] then headers[args[5]] = args[6] end
end

function request()
  local path = paths[at % #paths + 1]
  at = at + 1
  return wrk.format(method, path, headers, body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"answers":%d,"seconds":%f,"p50":%f,"p99":%f,"refused":%d,"lost":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
