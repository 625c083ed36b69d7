-- A plan that is kept for any values sorts all that a large portal has for each page of it.
SELECT set_config('plan_cache_mode', 'force_custom_plan', true) AS mode
