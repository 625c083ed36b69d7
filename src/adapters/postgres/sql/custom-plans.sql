-- The plan that is kept for any portal sorts all events of a large one for each page of them.
SELECT set_config('plan_cache_mode', 'force_custom_plan', true) AS mode
