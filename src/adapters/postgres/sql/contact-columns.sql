c.contact_id, c.organization_id, c.ticket, c.locked_until, c.skipped_at, c.skip_epoch, c.skips, c.skips_epoch, c.reset_at
