SELECT f.portal_id, f.contact_id, f.slot, f.factor_id, f.secret_sealed FROM factors f
 WHERE split_part(f.secret_sealed, '.', 1) = ANY (:kids::text[])
   AND (f.portal_id, f.contact_id, f.slot) > (:after_portal_id, :after_contact_id, :after_slot)
 ORDER BY f.portal_id, f.contact_id, f.slot LIMIT :limit
