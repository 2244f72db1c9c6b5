-- +goose Up
-- The document: one row of header, one row per prose section, every change counted.
CREATE TABLE coes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uid TEXT NOT NULL UNIQUE,
  number INTEGER NOT NULL UNIQUE,
  title TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('incident','near_miss','procedural_miss','experiment_finding','win')),
  severity INTEGER NOT NULL CHECK (severity BETWEEN 1 AND 4),
  state TEXT NOT NULL DEFAULT 'draft' CHECK (state IN ('draft','in_review','changes_requested','approved','published','closed')),
  state_since DATETIME NOT NULL,
  owner_id INTEGER NOT NULL REFERENCES people(id),
  team_id INTEGER REFERENCES teams(id),
  visibility TEXT NOT NULL DEFAULT 'org' CHECK (visibility IN ('org','restricted')),
  zone TEXT NOT NULL DEFAULT 'UTC',
  window_start DATETIME,
  window_end DATETIME,
  tags TEXT NOT NULL DEFAULT '',
  issue INTEGER NOT NULL DEFAULT 0,
  issued_seq INTEGER NOT NULL DEFAULT 0,
  reviewed BOOLEAN NOT NULL DEFAULT FALSE,
  next_action INTEGER NOT NULL DEFAULT 1,
  effect TEXT NOT NULL DEFAULT '' CHECK (effect IN ('','worked','did_not','unknown')),
  effect_text TEXT NOT NULL DEFAULT '',
  effect_due TEXT NOT NULL DEFAULT '',
  none_because TEXT NOT NULL DEFAULT '{}',
  origin_sha256 TEXT NOT NULL DEFAULT '',
  seq INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL DEFAULT 1,
  created_at DATETIME NOT NULL,
  created_by INTEGER REFERENCES people(id),
  updated_at DATETIME NOT NULL,
  deleted_at DATETIME,
  deleted_by INTEGER REFERENCES people(id),
  delete_reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX coes_owner ON coes(owner_id);
CREATE INDEX coes_team ON coes(team_id);
CREATE INDEX coes_state ON coes(state, state_since, id);
CREATE INDEX coes_origin ON coes(origin_sha256) WHERE origin_sha256 <> '';
CREATE INDEX coes_deleted ON coes(deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE coe_changes (
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  part TEXT NOT NULL,
  part_id INTEGER NOT NULL,
  version INTEGER NOT NULL,
  at DATETIME NOT NULL,
  PRIMARY KEY (coe_id, seq)
);

CREATE TABLE coe_people (
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  person_id INTEGER NOT NULL REFERENCES people(id),
  role TEXT NOT NULL CHECK (role IN ('writer','reviewer','approver','presenter','facilitator','named')),
  PRIMARY KEY (coe_id, person_id, role)
);
CREATE INDEX coe_people_person ON coe_people(person_id);
CREATE TABLE coe_services (
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  service_id INTEGER NOT NULL REFERENCES services(id),
  PRIMARY KEY (coe_id, service_id)
);
CREATE INDEX coe_services_service ON coe_services(service_id);

CREATE TABLE sections (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  name TEXT NOT NULL CHECK (name IN ('summary','impact','timeline','metrics','questions','whys','lessons','actions','related','sharing','other')),
  text TEXT NOT NULL DEFAULT '',
  html TEXT NOT NULL DEFAULT '',
  plain TEXT NOT NULL DEFAULT '',
  crlf BOOLEAN NOT NULL DEFAULT FALSE,
  version INTEGER NOT NULL DEFAULT 0,
  updated_at DATETIME NOT NULL,
  updated_by INTEGER REFERENCES people(id),
  UNIQUE (coe_id, name)
);
CREATE TABLE section_updates (
  section_id INTEGER NOT NULL REFERENCES sections(id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  changes TEXT NOT NULL,
  author_id INTEGER REFERENCES people(id),
  at DATETIME NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('form','rest','cli','import','slack','push','restore','demo','live')),
  PRIMARY KEY (section_id, version)
);

CREATE TABLE impacts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  rank TEXT NOT NULL,
  what TEXT NOT NULL,
  affected TEXT NOT NULL DEFAULT '',
  total TEXT NOT NULL DEFAULT '',
  unmeasured BOOLEAN NOT NULL DEFAULT FALSE,
  action_key TEXT NOT NULL DEFAULT '',
  place TEXT NOT NULL DEFAULT '',
  from_at DATETIME,
  to_at DATETIME,
  version INTEGER NOT NULL DEFAULT 1,
  created_at DATETIME NOT NULL,
  updated_at DATETIME NOT NULL,
  deleted_at DATETIME,
  deleted_by INTEGER REFERENCES people(id),
  UNIQUE (coe_id, key)
);
CREATE TABLE answers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  question TEXT NOT NULL,
  text TEXT NOT NULL DEFAULT '',
  html TEXT NOT NULL DEFAULT '',
  na BOOLEAN NOT NULL DEFAULT FALSE,
  minutes_saved INTEGER,
  action_key TEXT NOT NULL DEFAULT '',
  version INTEGER NOT NULL DEFAULT 1,
  updated_at DATETIME NOT NULL,
  updated_by INTEGER REFERENCES people(id),
  UNIQUE (coe_id, question)
);

CREATE TABLE revisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  issue INTEGER NOT NULL DEFAULT 0,
  bytes BLOB NOT NULL,
  sha256 TEXT NOT NULL,
  created_at DATETIME NOT NULL,
  created_by INTEGER REFERENCES people(id),
  UNIQUE (coe_id, number)
);
CREATE TABLE waivers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  rule TEXT NOT NULL,
  place TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL,
  by_id INTEGER REFERENCES people(id),
  at DATETIME NOT NULL,
  UNIQUE (coe_id, rule, place)
);
CREATE TABLE signoffs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  person_id INTEGER NOT NULL REFERENCES people(id),
  verdict TEXT NOT NULL CHECK (verdict IN ('approved','changes_requested')),
  text TEXT NOT NULL DEFAULT '',
  round INTEGER NOT NULL DEFAULT 1,
  at DATETIME NOT NULL
);
CREATE INDEX signoffs_coe ON signoffs(coe_id, at);
CREATE TABLE state_changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  from_state TEXT NOT NULL,
  to_state TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  by_id INTEGER REFERENCES people(id),
  at DATETIME NOT NULL
);
CREATE INDEX state_changes_coe ON state_changes(coe_id, at);
CREATE TABLE attachments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  coe_id INTEGER NOT NULL REFERENCES coes(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  content_type TEXT NOT NULL,
  purpose TEXT NOT NULL DEFAULT 'evidence' CHECK (purpose IN ('original','evidence','picture')),
  created_at DATETIME NOT NULL,
  created_by INTEGER REFERENCES people(id),
  deleted_at DATETIME,
  deleted_by INTEGER REFERENCES people(id),
  UNIQUE (coe_id, key)
);
