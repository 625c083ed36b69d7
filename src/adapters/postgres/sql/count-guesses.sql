SELECT count(*) FILTER (WHERE e.type IN ('challenge.failed', 'enrollment.failed'))::integer AS wrong, count(*)::integer AS all
  FROM events e
 WHERE e.portal_id = :portal_id AND e.at > (SELECT mfa_now(:clock_offset_ms) - :seconds * interval '1 second')
   AND e.type IN ('challenge.failed', 'enrollment.failed', 'challenge.verified', 'enrollment.confirmed')
