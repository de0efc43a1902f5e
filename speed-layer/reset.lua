-- Sets a partition back (or on) to the tidemark: no epochs, next = epoch = V. Refused unless the state is the one read.
-- KEYS  1 state, 2 epochs
-- ARGV  1 expected next ('' for no state), 2 expected epoch, 3 V, 4 maxTimestamp, 5 clock ms, 6 key prefix,
--       7 names of an epoch's parts (JSON), 8 leader epoch of the record before V ('' where unknown)
-- Returns {1} when done, {0, why} when refused.
local state = redis.pcall('HMGET', KEYS[1], 'next', 'epoch', 'maxTimestamp', 'flushedAt')
-- As restore.lua has it: what that one cannot read must not be taken for a state here.
local function isWhole(text) return text and #text <= 15 and (text == '0' or string.match(text, '^[1-9]%d*$')) end
local whole = not state.err and isWhole(state[1]) and isWhole(state[2]) and (state[3] == '' or isWhole(state[3]))
local members = redis.pcall('ZRANGE', KEYS[2], 0, -1)
if members.err then whole = false; members = {} end
if ARGV[1] ~= '' and not (whole and state[1] == ARGV[1] and state[2] == ARGV[2]) then return {0, 'moved'} end
if ARGV[1] == '' and whole then return {0, 'moved'} end

local parts = cjson.decode(ARGV[7])
members[#members + 1] = ARGV[3] .. '-' .. ARGV[3]
if not state.err and state[2] then members[#members + 1] = state[2] .. '-' .. state[2] end
for _, member in ipairs(members) do
  local from = string.match(member, '^(%d+)')
  if from then
    for _, part in ipairs(parts) do redis.call('UNLINK', ARGV[6] .. ':' .. from .. ':' .. part) end
  end
end
-- A reset is no progress: whom batch takes for dead, it goes on to take for dead until it has flushed.
local flushedAt = not state.err and state[4] or ARGV[5]
redis.call('UNLINK', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'next', ARGV[3], 'epoch', ARGV[3], 'maxTimestamp', ARGV[4], 'flushedAt', flushedAt,
  'leaderEpoch', ARGV[8])
return {1}
