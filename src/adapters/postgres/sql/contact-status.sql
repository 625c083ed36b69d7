CASE WHEN EXISTS (SELECT FROM factors f WHERE f.portal_id = :portal_id AND f.contact_id = c.contact_id
                     AND factor_counts(p.methods, p.countries, p.valid_from, f.method, f.country, f.epoch)) THEN 'enrolled'
     WHEN skip_counts(p.settings, p.valid_from, c.skipped_at, c.skip_epoch, p.now) THEN 'skipped'
     ELSE 'not_enrolled' END
