#!lua flags=no-writes
-- KEYS 1 record, 2 open pointers. ARGV 1 clock offset ms. Returns {'missing'} or {'found', record}.
local record = find(KEYS[1])
if not record then return { 'missing' } end
return { 'found', view(record) }
