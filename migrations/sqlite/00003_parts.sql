-- +goose Up
-- The rows of the document: timeline, metrics, whys, lessons, actions, links.
CREATE TABLE entries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  rank TEXT NOT NULL,
  at DATETIME,
  zone TEXT NOT NULL DEFAULT 'UTC',
  precision TEXT NOT NULL DEFAULT 'exact' CHECK (precision IN ('exact','approximate','unknown')),
  end_at DATETIME,
  kind TEXT NOT NULL DEFAULT 'note' CHECK (kind IN ('trigger','impact_start','detected','alarm','engaged','diagnosis','decision','change','mitigation_start','mitigated','resolved','comms','note')),
  detected_how TEXT NOT NULL DEFAULT '' CHECK (detected_how IN ('','alarm','canary','customer','colleague','luck')),
  text TEXT NOT NULL,
  html TEXT NOT NULL DEFAULT '',
  who TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL DEFAULT 'typed' CHECK (source IN ('typed','pasted','slack','webhook','import','demo')),
  source_ref TEXT NOT NULL DEFAULT '',
  evidence TEXT NOT NULL DEFAULT '',
  is_key BOOLEAN NOT NULL DEFAULT FALSE,
  raw BOOLEAN NOT NULL DEFAULT FALSE,
  gap_note TEXT NOT NULL DEFAULT '',
  version INTEGER NOT NULL DEFAULT 1,
  created_at DATETIME NOT NULL,
  created_by INTEGER REFERENCES people(id),
  updated_at DATETIME NOT NULL,
  deleted_at DATETIME,
  deleted_by INTEGER REFERENCES people(id),
  UNIQUE (coe_id, key)
);
CREATE INDEX entries_time ON entries(coe_id, at, rank);

CREATE TABLE metrics (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  rank TEXT NOT NULL,
  title TEXT NOT NULL,
  unit TEXT NOT NULL DEFAULT '',
  caption TEXT NOT NULL DEFAULT '',
  query TEXT NOT NULL DEFAULT '',
  live_url TEXT NOT NULL DEFAULT '',
  zone TEXT NOT NULL DEFAULT 'UTC',
  csv TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  created_at DATETIME NOT NULL,
  created_by INTEGER REFERENCES people(id),
  updated_at DATETIME NOT NULL,
  deleted_at DATETIME,
  deleted_by INTEGER REFERENCES people(id),
  UNIQUE (coe_id, key)
);

CREATE TABLE actions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  key TEXT NOT NULL,
  rank TEXT NOT NULL,
  title TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '',
  owner_id INTEGER REFERENCES people(id),
  due TEXT NOT NULL DEFAULT '',
  first_due TEXT NOT NULL DEFAULT '',
  priority TEXT NOT NULL DEFAULT '' CHECK (priority IN ('','P0','P1','P2','P3')),
  type TEXT NOT NULL DEFAULT '' CHECK (type IN ('','prevent','detect','diagnose','mitigate','repair','learn')),
  horizon TEXT NOT NULL DEFAULT 'short' CHECK (horizon IN ('short','long')),
  criterion TEXT NOT NULL DEFAULT '',
  proof_kind TEXT NOT NULL DEFAULT '' CHECK (proof_kind IN ('','experiment','test','alarm_drill','deployment','graph','second_person')),
  tracker_url TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open','in_progress','blocked','claimed_done','verified','declined')),
  state_reason TEXT NOT NULL DEFAULT '',
  state_since DATETIME NOT NULL,
  verifier_id INTEGER REFERENCES people(id),
  claimed_by INTEGER REFERENCES people(id),
  claimed_at DATETIME,
  verified_by INTEGER REFERENCES people(id),
  verified_at DATETIME,
  moves INTEGER NOT NULL DEFAULT 0,
  assigned_at DATETIME,
  assignment INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL DEFAULT 1,
  created_at DATETIME NOT NULL,
  created_by INTEGER REFERENCES people(id),
  updated_at DATETIME NOT NULL,
  deleted_at DATETIME,
  deleted_by INTEGER REFERENCES people(id),
  UNIQUE (coe_id, key),
  UNIQUE (coe_id, number)
);
CREATE INDEX actions_owner_due ON actions(owner_id, due, id) WHERE deleted_at IS NULL AND state IN ('open','in_progress','blocked');
CREATE INDEX actions_due ON actions(due, id) WHERE deleted_at IS NULL AND state IN ('open','in_progress','blocked');
CREATE INDEX actions_state ON actions(state, state_since, id);

CREATE TABLE action_moves (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  action_id INTEGER NOT NULL REFERENCES actions(id) ON DELETE CASCADE,
  old_due TEXT NOT NULL,
  new_due TEXT NOT NULL,
  reason TEXT NOT NULL,
  by_id INTEGER REFERENCES people(id),
  agreed_id INTEGER REFERENCES people(id),
  at DATETIME NOT NULL
);
CREATE INDEX action_moves_action ON action_moves(action_id, id);
CREATE TABLE action_proofs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  action_id INTEGER NOT NULL REFERENCES actions(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  by_id INTEGER REFERENCES people(id),
  at DATETIME NOT NULL
);
CREATE INDEX action_proofs_action ON action_proofs(action_id, id);

CREATE TABLE whys (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  rank TEXT NOT NULL,
  parent_id INTEGER REFERENCES whys(id) ON DELETE CASCADE,
  root TEXT NOT NULL CHECK (root IN ('happened','found_late','fixed_late')),
  text TEXT NOT NULL,
  evidence TEXT NOT NULL DEFAULT '',
  factor TEXT NOT NULL DEFAULT '',
  declined_reason TEXT NOT NULL DEFAULT '',
  version INTEGER NOT NULL DEFAULT 1,
  created_at DATETIME NOT NULL,
  created_by INTEGER REFERENCES people(id),
  updated_at DATETIME NOT NULL,
  deleted_at DATETIME,
  deleted_by INTEGER REFERENCES people(id),
  UNIQUE (coe_id, key)
);
CREATE INDEX whys_coe ON whys(coe_id, root, rank);
CREATE TABLE why_actions (
  why_id INTEGER NOT NULL REFERENCES whys(id) ON DELETE CASCADE,
  action_id INTEGER NOT NULL REFERENCES actions(id) ON DELETE CASCADE,
  PRIMARY KEY (why_id, action_id)
);
CREATE INDEX why_actions_action ON why_actions(action_id);

CREATE TABLE lessons (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  rank TEXT NOT NULL,
  kind TEXT NOT NULL DEFAULT 'short' CHECK (kind IN ('short','long','went_well','surprised')),
  text TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  created_at DATETIME NOT NULL,
  created_by INTEGER REFERENCES people(id),
  updated_at DATETIME NOT NULL,
  deleted_at DATETIME,
  deleted_by INTEGER REFERENCES people(id),
  UNIQUE (coe_id, key)
);
CREATE TABLE lesson_actions (
  lesson_id INTEGER NOT NULL REFERENCES lessons(id) ON DELETE CASCADE,
  action_id INTEGER NOT NULL REFERENCES actions(id) ON DELETE CASCADE,
  PRIMARY KEY (lesson_id, action_id)
);
CREATE INDEX lesson_actions_action ON lesson_actions(action_id);

CREATE TABLE links (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  rank TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('coe','experiment','deployment','rollback','ticket','runbook','other')),
  target TEXT NOT NULL,
  role TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '',
  version INTEGER NOT NULL DEFAULT 1,
  created_at DATETIME NOT NULL,
  created_by INTEGER REFERENCES people(id),
  updated_at DATETIME NOT NULL,
  deleted_at DATETIME,
  deleted_by INTEGER REFERENCES people(id),
  UNIQUE (coe_id, key)
);
CREATE TABLE sharings (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  rank TEXT NOT NULL,
  team TEXT NOT NULL,
  asked TEXT NOT NULL DEFAULT '',
  answer TEXT NOT NULL DEFAULT '',
  version INTEGER NOT NULL DEFAULT 1,
  created_at DATETIME NOT NULL,
  created_by INTEGER REFERENCES people(id),
  updated_at DATETIME NOT NULL,
  deleted_at DATETIME,
  deleted_by INTEGER REFERENCES people(id),
  UNIQUE (coe_id, key)
);
