SELECT count(*)::integer AS count FROM factors f WHERE split_part(f.secret_sealed, '.', 1) = ANY (:kids::text[])
