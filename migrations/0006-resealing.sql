-- Under which master keys destinations are sealed, found without reading them all.
CREATE INDEX factors_sealed_under ON factors (split_part(secret_sealed, '.', 1));
