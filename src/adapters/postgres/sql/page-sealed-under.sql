SELECT f.portal_id, f.contact_id, f.slot, f.factor_id, f.secret_sealed
-- include sealed-under.sql
