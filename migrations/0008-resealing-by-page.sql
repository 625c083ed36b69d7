-- Which master keys destinations are sealed under, and those under one of them page by page. With millions of them: see 0007.
CREATE INDEX IF NOT EXISTS factors_to_reseal ON factors (split_part(secret_sealed, '.', 1), portal_id, contact_id, slot);
