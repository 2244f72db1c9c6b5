-- +goose Up
-- Who writes, owns and signs in; teams, services, sessions and tokens.
CREATE TABLE people (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL DEFAULT 'writer' CHECK (role IN ('reader','writer','reviewer','admin')),
  zone TEXT NOT NULL DEFAULT '',
  manager_id INTEGER REFERENCES people(id),
  slack_id TEXT NOT NULL DEFAULT '',
  disabled_at DATETIME,
  version INTEGER NOT NULL DEFAULT 1,
  created_at DATETIME NOT NULL,
  updated_at DATETIME NOT NULL
);
CREATE INDEX people_manager ON people(manager_id);

CREATE TABLE teams (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  zone TEXT NOT NULL DEFAULT '',
  working_days TEXT NOT NULL DEFAULT 'mon,tue,wed,thu,fri',
  channel TEXT NOT NULL DEFAULT '',
  policy TEXT NOT NULL DEFAULT '{}',
  version INTEGER NOT NULL DEFAULT 1,
  created_at DATETIME NOT NULL,
  updated_at DATETIME NOT NULL
);
CREATE TABLE team_members (
  team_id INTEGER NOT NULL REFERENCES teams(id) ON DELETE CASCADE,
  person_id INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE,
  PRIMARY KEY (team_id, person_id)
);
CREATE INDEX team_members_person ON team_members(person_id);
CREATE TABLE team_holidays (
  team_id INTEGER NOT NULL REFERENCES teams(id) ON DELETE CASCADE,
  day TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (team_id, day)
);

CREATE TABLE services (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  team_id INTEGER REFERENCES teams(id),
  tier INTEGER NOT NULL DEFAULT 3 CHECK (tier BETWEEN 1 AND 4),
  targets TEXT NOT NULL DEFAULT '{}',
  version INTEGER NOT NULL DEFAULT 1,
  created_at DATETIME NOT NULL,
  updated_at DATETIME NOT NULL
);
CREATE INDEX services_team ON services(team_id);
CREATE TABLE service_aliases (
  alias TEXT NOT NULL PRIMARY KEY,
  service_id INTEGER NOT NULL REFERENCES services(id) ON DELETE CASCADE
);

CREATE TABLE sign_in_links (
  token_hash TEXT NOT NULL PRIMARY KEY,
  person_id INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE,
  created_at DATETIME NOT NULL,
  expires_at DATETIME NOT NULL,
  used_at DATETIME
);
CREATE TABLE sessions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  token_hash TEXT NOT NULL UNIQUE,
  person_id INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE,
  created_at DATETIME NOT NULL,
  expires_at DATETIME NOT NULL,
  seen_at DATETIME NOT NULL,
  user_agent TEXT NOT NULL DEFAULT ''
);
CREATE INDEX sessions_person ON sessions(person_id);
CREATE INDEX sessions_expires ON sessions(expires_at);

CREATE TABLE counters (
  name TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
);
INSERT INTO counters(name, value) VALUES ('coe', 0);

CREATE TABLE settings (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL,
  updated_at DATETIME NOT NULL
);
