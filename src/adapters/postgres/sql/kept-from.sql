date_trunc('day', (SELECT mfa_now(:clock_offset_ms)) - :days * interval '24 hours', 'UTC')
