-- Until when new codes of the portal are longer, because somebody seems to try one code against many contacts (BRUTE-4).
ALTER TABLE portals ADD COLUMN guarded_until timestamptz;
