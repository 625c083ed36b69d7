  FROM factors f
 -- Compared and sorted as a whole, so that no plan but the one by the index will do, whatever the statistics say.
 WHERE (split_part(f.secret_sealed, '.', 1), f.portal_id, f.contact_id, f.slot) > (:kid, :after_portal_id, :after_contact_id, :after_slot)
   AND split_part(f.secret_sealed, '.', 1) <= :kid
 ORDER BY split_part(f.secret_sealed, '.', 1), f.portal_id, f.contact_id, f.slot LIMIT :limit
