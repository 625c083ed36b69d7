settled AS (                   -- the arbiter: at most so many compared, one winner, and one charge per attempt, whatever Redis remembers
  INSERT INTO settlements AS s (portal_id, code_id, attempts, verdicts, charged_by, won_at, won_ticket, won_epoch, begun_at)
  SELECT :portal_id, :code_id,
         CASE WHEN g.state = 'open' THEN ARRAY[:attempt_id] ELSE '{}' END, CASE WHEN g.state = 'open' THEN ARRAY[g.would_be] ELSE '{}' END,
         CASE WHEN g.state = 'open' THEN :event_id END, CASE WHEN g.state = 'open' AND :right THEN g.now END,
         CASE WHEN g.state = 'open' AND :right THEN g.next_ticket END, CASE WHEN g.state = 'open' AND :right THEN g.epoch END, g.now
    FROM gate g
  ON CONFLICT (portal_id, code_id) DO UPDATE SET (attempts, verdicts, charged_by, won_at, won_ticket, won_epoch) = (
    SELECT CASE WHEN charge THEN s.attempts || excluded.attempts ELSE s.attempts END,
           CASE WHEN charge THEN s.verdicts || excluded.verdicts ELSE s.verdicts END,
           CASE WHEN charge THEN excluded.charged_by ELSE s.charged_by END, CASE WHEN charge THEN excluded.won_at ELSE s.won_at END,
           CASE WHEN charge THEN excluded.won_ticket ELSE s.won_ticket END, CASE WHEN charge THEN excluded.won_epoch ELSE s.won_epoch END
      FROM (SELECT excluded.charged_by IS NOT NULL AND s.won_at IS NULL AND cardinality(s.attempts) < :attempts_max
                   AND :attempt_id <> ALL (s.attempts) AS charge) AS may)
  RETURNING s.verdicts, s.charged_by = :event_id AS charged, s.won_at, s.won_ticket, s.won_epoch,
            array_position(s.attempts, :attempt_id) AS place
), verdict AS MATERIALIZED (    -- an attempt that is settled again is answered alike, but a success only while it would still be one
  SELECT g.*, coalesce(s.charged, false) AS charged, s.won_at, s.won_ticket, s.won_epoch, :attempts_max - s.place AS attempts_left,
         CASE WHEN s.place IS NOT NULL AND (s.charged OR s.verdicts[s.place] <> 'verified' OR g.void IS NULL AND s.won_ticket = g.ticket)
                THEN s.verdicts[s.place]
              WHEN s.won_at IS NOT NULL THEN 'already_used'
              WHEN g.state <> 'open' THEN g.state ELSE 'exhausted' END AS outcome
    FROM gate g CROSS JOIN settled s
)
