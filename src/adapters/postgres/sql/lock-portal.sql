-- The race: settles that judge by the settings of this moment finish before they change. A queue that nobody overtakes, unlike that of a shared row lock.
SELECT pg_advisory_xact_lock(portal_lock(:portal_id))::text AS locked
