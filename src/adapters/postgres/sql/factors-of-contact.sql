(SELECT json_agg(json_build_object(
    'factor_id', f.factor_id, 'method', f.method, 'country', f.country, 'epoch', f.epoch, 'secret_sealed', f.secret_sealed,
    'destination_masked', f.destination_masked, 'confirmed_at', f.confirmed_at, 'used_at', f.used_at, 'disabled_at', f.disabled_at)
    -- the last proved first; a confirmation is a proof
    ORDER BY greatest(f.used_at, f.confirmed_at) DESC, f.factor_id)
   FROM factors f WHERE f.portal_id = :portal_id AND f.contact_id = c.contact_id) AS factors
