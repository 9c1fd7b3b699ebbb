-- Old runs and changes go; whatever points to a run is found by these.

CREATE INDEX assignments_run ON assignments (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX plans_run ON plans (run_id);
CREATE INDEX plan_items_user ON plan_items (user_id);
