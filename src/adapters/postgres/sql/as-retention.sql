-- For this transaction alone; the trigger of migrations/0003-audit.sql asks for it.
SELECT set_config('portal_mfa.retention', 'on', true) AS retention
