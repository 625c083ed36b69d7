SELECT v.outcome, v.organization_id, v.attempts_left, v.won_at AS at, v.won_ticket AS ticket, v.won_epoch AS epoch,
       greatest(1, ceil(extract(epoch FROM coalesce(c.locked_until, v.locked_until) - v.now)))::integer AS retry_after_seconds
  FROM verdict v LEFT JOIN charged_contact c ON true
