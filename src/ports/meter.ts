/** Counts and tells what operators watch. Labels are of small fixed sets, never an id. */
export interface Meter {
  count(
    name:
      | 'mfa_sends_total'
      | 'mfa_verdicts_total'
      | 'mfa_limits_reached_total'
      | 'mfa_decisions_total'
      | 'mfa_guessing_suspected_total',
    labels: Record<string, string>,
  ): void
  /** What is so now. */
  set(name: 'mfa_under_old_master_keys', labels: Record<string, string>, value: number): void
}
