-- +goose Up
-- Evidence: where events come from, what arrived, what it says about
-- experiments, deployments, rollbacks, alarms and incidents, and what a COE
-- makes of it.

-- A source is one address /hooks/{token} with its credentials. Secrets are
-- sealed with COE_SECRET_KEY; the second token and secret are for rotation.
-- The row named files, without a token, takes the command line and the browser.
CREATE TABLE hook_sources (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  tool TEXT NOT NULL DEFAULT '',
  token_hash TEXT UNIQUE,
  token2_hash TEXT UNIQUE,
  token_hint TEXT NOT NULL DEFAULT '',
  verifier TEXT NOT NULL DEFAULT 'none' CHECK (verifier IN ('none','github','pagerduty','grafana','gitlab','sns','flux','standard','header','basic')),
  header TEXT NOT NULL DEFAULT '',
  secret BLOB,
  secret2 BLOB,
  allowed TEXT NOT NULL DEFAULT '',
  service_id INTEGER REFERENCES services(id) ON DELETE SET NULL,
  failures INTEGER NOT NULL DEFAULT 0,
  failed_at DATETIME,
  failure TEXT NOT NULL DEFAULT '',
  received_at DATETIME,
  disabled_at DATETIME,
  version INTEGER NOT NULL DEFAULT 1,
  created_at DATETIME NOT NULL,
  created_by INTEGER REFERENCES people(id),
  updated_at DATETIME NOT NULL
);

-- What arrived, as it arrived but for secrets taken out. Kept 90 days.
CREATE TABLE hook_deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source_id INTEGER NOT NULL REFERENCES hook_sources(id) ON DELETE CASCADE,
  dedupe_key TEXT NOT NULL,
  tool TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL DEFAULT '',
  headers TEXT NOT NULL DEFAULT '{}',
  body BLOB NOT NULL,
  size INTEGER NOT NULL,
  cut BOOLEAN NOT NULL DEFAULT FALSE,
  state TEXT NOT NULL DEFAULT 'received' CHECK (state IN ('received','projected','ignored','failed')),
  failure TEXT NOT NULL DEFAULT '',
  warnings TEXT NOT NULL DEFAULT '',
  records INTEGER NOT NULL DEFAULT 0,
  repeats INTEGER NOT NULL DEFAULT 0,
  received_at DATETIME NOT NULL,
  projected_at DATETIME,
  by_id INTEGER REFERENCES people(id),
  UNIQUE (source_id, dedupe_key)
);
CREATE INDEX hook_deliveries_list ON hook_deliveries(source_id, id);
CREATE INDEX hook_deliveries_new ON hook_deliveries(id) WHERE state = 'received';
CREATE INDEX hook_deliveries_age ON hook_deliveries(received_at);

-- An experiment that is planned or has run at least once; its runs are items.
CREATE TABLE experiments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tool TEXT NOT NULL DEFAULT '',
  definition TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL,
  service_id INTEGER REFERENCES services(id) ON DELETE SET NULL,
  environment TEXT NOT NULL DEFAULT '',
  hypothesis TEXT NOT NULL DEFAULT '',
  steady_state TEXT NOT NULL DEFAULT '',
  run_book TEXT NOT NULL DEFAULT '',
  expected_alarms TEXT NOT NULL DEFAULT '',
  failure_mode TEXT NOT NULL DEFAULT '',
  game_day BOOLEAN NOT NULL DEFAULT FALSE,
  planned_for TEXT NOT NULL DEFAULT '',
  owner_id INTEGER REFERENCES people(id),
  version INTEGER NOT NULL DEFAULT 1,
  created_at DATETIME NOT NULL,
  created_by INTEGER REFERENCES people(id),
  updated_at DATETIME NOT NULL
);
CREATE INDEX experiments_service ON experiments(service_id);
CREATE UNIQUE INDEX experiments_definition ON experiments(tool, definition) WHERE definition <> '';

-- One thing in the world that events are about. All columns up to definition
-- are folded from evidence_records; the rest is what people say.
CREATE TABLE evidence_items (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  type TEXT NOT NULL CHECK (type IN ('experiment','deployment','rollback','alarm','incident')),
  tool TEXT NOT NULL,
  subject_key TEXT NOT NULL,
  external_id TEXT NOT NULL,
  title TEXT NOT NULL DEFAULT '',
  service TEXT NOT NULL DEFAULT '',
  names TEXT NOT NULL DEFAULT '',
  environment TEXT NOT NULL DEFAULT '',
  region TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT '',
  rank INTEGER NOT NULL DEFAULT 0,
  tool_outcome TEXT NOT NULL DEFAULT '' CHECK (tool_outcome IN ('','held','deviated','halted','aborted','error','inconclusive','unknown')),
  started_at DATETIME,
  ended_at DATETIME,
  settle_until DATETIME,
  settled BOOLEAN NOT NULL DEFAULT FALSE,
  from_version TEXT NOT NULL DEFAULT '',
  to_version TEXT NOT NULL DEFAULT '',
  undoes TEXT NOT NULL DEFAULT '',
  cause TEXT NOT NULL DEFAULT '',
  alarms TEXT NOT NULL DEFAULT '[]',
  dry_run BOOLEAN NOT NULL DEFAULT FALSE,
  gap BOOLEAN NOT NULL DEFAULT FALSE,
  definition TEXT NOT NULL DEFAULT '',
  detail TEXT NOT NULL DEFAULT '{}',
  service_id INTEGER REFERENCES services(id) ON DELETE SET NULL,
  service_set BOOLEAN NOT NULL DEFAULT FALSE,
  experiment_id INTEGER REFERENCES experiments(id) ON DELETE SET NULL,
  undoes_id INTEGER REFERENCES evidence_items(id) ON DELETE SET NULL,
  undone_by_id INTEGER REFERENCES evidence_items(id) ON DELETE SET NULL,
  outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('','held','deviated','halted','aborted','error','inconclusive','unknown')),
  outcome_by INTEGER REFERENCES people(id),
  outcome_note TEXT NOT NULL DEFAULT '',
  outcome_at DATETIME,
  prepare TEXT NOT NULL DEFAULT '',
  detect TEXT NOT NULL DEFAULT '',
  respond TEXT NOT NULL DEFAULT '',
  learn TEXT NOT NULL DEFAULT '',
  reach TEXT NOT NULL DEFAULT '{}',
  version INTEGER NOT NULL DEFAULT 1,
  created_at DATETIME NOT NULL,
  updated_at DATETIME NOT NULL,
  UNIQUE (type, tool, subject_key)
);
CREATE INDEX evidence_items_service ON evidence_items(service_id, type, started_at);
CREATE INDEX evidence_items_type ON evidence_items(type, id);
CREATE INDEX evidence_items_started ON evidence_items(started_at);
CREATE INDEX evidence_items_begun ON evidence_items(type, COALESCE(started_at, created_at), id);
CREATE INDEX evidence_items_unmatched ON evidence_items(id) WHERE service_id IS NULL;
CREATE INDEX evidence_items_running ON evidence_items(started_at) WHERE ended_at IS NULL AND rank >= 20 AND rank < 45 AND type IN ('experiment','deployment','rollback');
CREATE INDEX evidence_items_external ON evidence_items(tool, external_id);
CREATE INDEX evidence_items_settling ON evidence_items(settle_until) WHERE settle_until IS NOT NULL AND NOT settled;
CREATE INDEX evidence_items_experiment ON evidence_items(experiment_id, started_at);
CREATE INDEX evidence_items_undoes ON evidence_items(tool, undoes) WHERE undoes <> '';

-- Each statement of a tool about a thing, once. An item is folded anew from
-- all of its records, so their order of arrival does not matter.
CREATE TABLE evidence_records (
  item_id INTEGER NOT NULL REFERENCES evidence_items(id) ON DELETE CASCADE,
  dedupe_key TEXT NOT NULL,
  delivery_id INTEGER REFERENCES hook_deliveries(id) ON DELETE SET NULL,
  occurred_at DATETIME NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (item_id, dedupe_key)
);
CREATE INDEX evidence_records_delivery ON evidence_records(delivery_id);
CREATE INDEX evidence_records_time ON evidence_records(item_id, occurred_at);

-- When a thing was going on: one span for a run or a deployment, one for each
-- firing of an alarm, flapping within minutes counted as one.
CREATE TABLE evidence_spans (
  item_id INTEGER NOT NULL REFERENCES evidence_items(id) ON DELETE CASCADE,
  started_at DATETIME NOT NULL,
  ended_at DATETIME,
  times INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (item_id, started_at)
);
CREATE INDEX evidence_spans_time ON evidence_spans(started_at);

-- What people decided about an item for one COE. Suggestions are not stored:
-- they are found by service and time, and those decided on are left out.
CREATE TABLE coe_evidence (
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  item_id INTEGER NOT NULL REFERENCES evidence_items(id) ON DELETE CASCADE,
  decision TEXT NOT NULL CHECK (decision IN ('accepted','dismissed')),
  role TEXT NOT NULL DEFAULT '' CHECK (role IN ('','cause','suspect','fix','dismissed')),
  relation TEXT NOT NULL DEFAULT '' CHECK (relation IN ('','revealed_by','reproduces','verifies','caused_by','fixed_by','rolled_back_by')),
  link_key TEXT NOT NULL DEFAULT '',
  entry_keys TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '',
  decided_by INTEGER REFERENCES people(id),
  decided_at DATETIME NOT NULL,
  PRIMARY KEY (coe_id, item_id)
);
CREATE INDEX coe_evidence_item ON coe_evidence(item_id);

-- The experiment whose passing run verifies an action, and the runs that did
-- or undid it.
ALTER TABLE actions ADD COLUMN proof_target TEXT NOT NULL DEFAULT '';
CREATE INDEX actions_proof ON actions(proof_target) WHERE proof_target <> '';
CREATE TABLE action_runs (
  action_id INTEGER NOT NULL REFERENCES actions(id) ON DELETE CASCADE,
  item_id INTEGER NOT NULL REFERENCES evidence_items(id) ON DELETE CASCADE,
  outcome TEXT NOT NULL,
  effect TEXT NOT NULL DEFAULT '' CHECK (effect IN ('','verified','reopened')),
  at DATETIME NOT NULL,
  PRIMARY KEY (action_id, item_id)
);
CREATE INDEX action_runs_item ON action_runs(item_id);

-- How a graph came to be: pasted, uploaded from a tool, or fetched by a query.
ALTER TABLE metrics ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE metrics ADD COLUMN captured_at DATETIME;

CREATE TABLE api_tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  hint TEXT NOT NULL DEFAULT '',
  scope TEXT NOT NULL CHECK (scope IN ('gate')),
  created_at DATETIME NOT NULL,
  created_by INTEGER REFERENCES people(id),
  expires_at DATETIME NOT NULL,
  revoked_at DATETIME,
  used_at DATETIME
);
