p.portal_id, p.suspended, p.limits, p.enabled, p.methods, p.countries, p.settings, p.epoch, p.valid_from, p.version,
p.created_at, p.updated_at, p.updated_by, coalesce(p.guarded_until > mfa_now(:clock_offset_ms), false) AS guarded
