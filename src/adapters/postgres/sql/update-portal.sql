UPDATE portals p SET suspended = :suspended, limits = :limits, enabled = :enabled, methods = :methods, countries = :countries,
       settings = :settings, epoch = :epoch, valid_from = :valid_from, version = p.version + 1,
       updated_at = mfa_now(:clock_offset_ms), updated_by = :updated_by
 WHERE p.portal_id = :portal_id AND p.version = :version
RETURNING
-- include portal-columns.sql
