-- A loose scan of the index: one step for each key, however many rows there are.
WITH RECURSIVE used AS (
  SELECT min(split_part(f.secret_sealed, '.', 1)) AS kid FROM factors f
  UNION ALL
  SELECT (SELECT min(split_part(f.secret_sealed, '.', 1)) FROM factors f WHERE split_part(f.secret_sealed, '.', 1) > used.kid)
    FROM used WHERE used.kid IS NOT NULL
)
SELECT kid FROM used WHERE kid IS NOT NULL
