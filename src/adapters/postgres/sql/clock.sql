SELECT mfa_now(:clock_offset_ms) AS now
