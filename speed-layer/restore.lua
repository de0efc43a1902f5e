-- Reads a partition's state together with the identities of every epoch that reaches above the tidemark.
-- KEYS  1 state, 2 epochs
-- ARGV  1 key prefix, 2 tidemark V, 3 names of an epoch's parts (JSON: ledger, ids, rollups…)
-- Returns false where there is no whole state, else {next, epoch, maxTimestamp, epochs, leaderEpoch}; each epoch is
--   {from, to, ledger (flat), ids, cell count of each rollup…}, in order of from, the open one last (where not empty).
local state = redis.pcall('HMGET', KEYS[1], 'next', 'epoch', 'maxTimestamp', 'leaderEpoch')
if state.err then return false end
-- At most 15 digits: an exact integer also in JavaScript.
local function isWhole(text) return text and #text <= 15 and (text == '0' or string.match(text, '^[1-9]%d*$')) end
if not (isWhole(state[1]) and isWhole(state[2]) and (state[3] == '' or isWhole(state[3]))) then return false end
local members = redis.pcall('ZRANGE', KEYS[2], 0, -1)
if members.err then return false end
if state[1] ~= state[2] then members[#members + 1] = state[2] .. '-' .. state[1] end

local parts = cjson.decode(ARGV[3])
local tidemark = tonumber(ARGV[2])
local epochs = {}
for _, member in ipairs(members) do
  local from, to = string.match(member, '^(%d+)-(%d+)$')
  if not from then from, to = '0', '0' end
  if tonumber(to) > tidemark then
    local prefix = ARGV[1] .. ':' .. from .. ':'
    local ledger = redis.pcall('HGETALL', prefix .. parts[1])
    local ids = redis.pcall('GET', prefix .. parts[2])
    -- What cannot be read is not whole; the state stands all the same, so that a reset can name it.
    if ledger.err then ledger = {} end
    if type(ids) == 'table' then ids = '' end
    local epoch = {from, to, ledger, ids or ''}
    for i = 3, #parts do
      local count = redis.pcall('HLEN', prefix .. parts[i])
      if type(count) == 'table' then count = -1 end
      epoch[#epoch + 1] = count
    end
    epochs[#epochs + 1] = epoch
  end
end
local leaderEpoch = state[4] and string.match(state[4], '^%d+$') or ''
return {state[1], state[2], state[3], epochs, leaderEpoch}
