-- Reads a partition's state, the list of its closed epochs and the content of its open epoch, all of one moment.
-- KEYS  1 state, 2 epochs
-- ARGV  1 key prefix of the partition, 2 names of an epoch's hashes (JSON: ledger, then the rollups)
-- Returns false where there is no whole state, else {next, epoch, members, hashes}: members are `from-to` in order of
--   from; hashes are flat field/value lists in the order of ARGV 2, empty where the open epoch is empty (epoch = next).
local state = redis.pcall('HMGET', KEYS[1], 'next', 'epoch')
if state.err or not (state[1] and state[2]) then return false end
local members = redis.pcall('ZRANGE', KEYS[2], 0, -1)
if members.err then members = {} end
local hashes = {}
if state[1] ~= state[2] then
  for i, name in ipairs(cjson.decode(ARGV[2])) do
    local fields = redis.pcall('HGETALL', ARGV[1] .. ':' .. state[2] .. ':' .. name)
    if fields.err then fields = {} end
    hashes[i] = fields
  end
end
return {state[1], state[2], members, hashes}
