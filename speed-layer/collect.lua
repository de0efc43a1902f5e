-- Forgets closed epochs that end at or below a mark. Never a matter of safety: readers take them from batch by then.
-- KEYS  1 epochs
-- ARGV  1 mark, 2 key prefix, 3 names of an epoch's parts (JSON)
-- Returns how many epochs went.
local gone = 0
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local from, to = string.match(member, '^(%d+)-(%d+)$')
  if from and tonumber(to) <= tonumber(ARGV[1]) then
    for _, part in ipairs(cjson.decode(ARGV[3])) do redis.call('UNLINK', ARGV[2] .. ':' .. from .. ':' .. part) end
    redis.call('ZREM', KEYS[1], member)
    gone = gone + 1
  end
end
return gone
