-- The race: a confirm that replaces the factor, or another instance that re-seals it. Whoever comes second finds another text.
UPDATE factors f SET secret_sealed = :sealed
 WHERE f.portal_id = :portal_id AND f.contact_id = :contact_id AND f.slot = :slot AND f.secret_sealed = :before
RETURNING f.factor_id
