-- Writes one flush of a partition's open epoch, or closes the epoch, or both; where it is to do neither, it only checks.
-- Checks everything first: a script that fails half-way keeps its early writes. What Redis may refuse for want of memory,
-- of a disk or of being the master, it refuses at the first write: then nothing was written.
-- KEYS  1 state, 2 epochs, then the open epoch's keys (ledger, ids, one cells hash a rollup),
--       then as many of the epoch that begins at the new next
-- ARGV  1 expected next, 2 expected epoch, 3 new next, 4 maxTimestamp, 5 clock ms, 6 '1' to close the epoch at new next,
--       7 expected bytes of ids, 8 ids to append, 9 ledger (JSON, flat name/value),
--       10 cells (JSON, a flat key/value list a rollup), 11 expected cell counts (JSON; none: not to be checked), 12 channel,
--       13 message, 14 leader epoch of the record before the new next ('' where unknown)
-- Returns {1} when done, {0, why} when refused: nothing was written.
local state = redis.pcall('HMGET', KEYS[1], 'next', 'epoch')
if state.err then return {0, 'state-type'} end
if state[1] ~= ARGV[1] or state[2] ~= ARGV[2] then return {0, 'moved'} end
local closed = redis.pcall('ZCARD', KEYS[2])
if type(closed) == 'table' then return {0, 'epochs-type'} end

local counts = cjson.decode(ARGV[11])
local parts = (#KEYS - 2) / 2
local empty = ARGV[1] == ARGV[3]
if #counts > 0 then
  local kind = redis.call('TYPE', KEYS[3])['ok']
  if kind ~= 'hash' and kind ~= 'none' then return {0, 'ledger-type'} end
  if (kind == 'none') ~= (ARGV[1] == ARGV[2]) then return {0, 'ledger-lost'} end
  local bytes = redis.pcall('STRLEN', KEYS[4])
  if type(bytes) == 'table' or bytes ~= tonumber(ARGV[7]) then return {0, 'ids-lost'} end
  for i, expected in ipairs(counts) do
    local cells = redis.pcall('HLEN', KEYS[4 + i])
    if type(cells) == 'table' or cells ~= expected then return {0, 'cells-lost'} end
  end
end

if empty and ARGV[6] ~= '1' then return {1} end

if not empty then
  for i, list in ipairs(cjson.decode(ARGV[10])) do
    for first = 1, #list, 400 do
      redis.call('HSET', KEYS[4 + i], unpack(list, first, math.min(first + 399, #list)))
    end
  end
  if #ARGV[8] > 0 then redis.call('APPEND', KEYS[4], ARGV[8]) end
  redis.call('HSET', KEYS[3], unpack(cjson.decode(ARGV[9])))
end
redis.call('HSET', KEYS[1], 'next', ARGV[3], 'maxTimestamp', ARGV[4], 'leaderEpoch', ARGV[14])
-- Closing an empty epoch is no progress.
if ARGV[2] ~= ARGV[3] then redis.call('HSET', KEYS[1], 'flushedAt', ARGV[5]) end
-- Taken over at the start of an epoch: what lies under its name is of no state that was ever stored.
if ARGV[2] == ARGV[3] then redis.call('UNLINK', unpack(KEYS, 3, 2 + parts)) end
if ARGV[6] == '1' and ARGV[2] ~= ARGV[3] then
  redis.call('ZADD', KEYS[2], ARGV[2], ARGV[2] .. '-' .. ARGV[3])
  redis.call('HSET', KEYS[1], 'epoch', ARGV[3])
  -- Nothing may be left under the name of the epoch that begins now: its counters start from nothing.
  redis.call('UNLINK', unpack(KEYS, 3 + parts, 2 + 2 * parts))
end
redis.call('PUBLISH', ARGV[12], ARGV[13])
return {1}
