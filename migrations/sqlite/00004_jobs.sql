-- +goose Up

-- Work to be done outside a request. Instants are whole milliseconds since
-- 1970 in UTC: run_at and created_at of the calendar clock, the others of the
-- wall clock.
CREATE TABLE jobs (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    kind         TEXT    NOT NULL CHECK (kind <> ''),
    unique_key   TEXT    CHECK (unique_key <> ''),
    args         TEXT    NOT NULL,
    state        TEXT    NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'running', 'done', 'parked')),
    run_at       INTEGER NOT NULL,
    not_before   INTEGER NOT NULL DEFAULT 0,
    attempt      INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    fence        INTEGER NOT NULL DEFAULT 0 CHECK (fence >= 0),
    max_attempts INTEGER NOT NULL CHECK (max_attempts > 0),
    worker       TEXT    NOT NULL DEFAULT '',
    lease_until  INTEGER NOT NULL DEFAULT 0,
    last_error   TEXT    NOT NULL DEFAULT '',
    created_at   INTEGER NOT NULL,
    finished_at  INTEGER,
    CHECK ((state IN ('done', 'parked')) = (finished_at IS NOT NULL))
);
CREATE UNIQUE INDEX jobs_unique ON jobs (kind, unique_key) WHERE unique_key IS NOT NULL;
CREATE INDEX jobs_ready ON jobs (run_at, id) WHERE state = 'ready';
CREATE INDEX jobs_running ON jobs (lease_until, id) WHERE state = 'running';
CREATE INDEX jobs_parked ON jobs (id) WHERE state = 'parked';
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE state = 'done';

-- Who did what. Rows are only ever added. coe_id and actor_id are kept when the
-- COE or the person is gone, so they point to nothing by force. seal is the
-- row's place in the hash chain, given after its commit: rows commit in another
-- order than they take their ids.
CREATE TABLE audit (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         DATETIME NOT NULL,
    actor_id   INTEGER,
    actor      TEXT NOT NULL CHECK (actor <> ''),
    verb       TEXT NOT NULL CHECK (verb <> ''),
    object     TEXT NOT NULL,
    coe_id     INTEGER,
    detail     TEXT NOT NULL DEFAULT '{}',
    request_id TEXT NOT NULL DEFAULT '',
    seal       INTEGER UNIQUE,
    hash       TEXT NOT NULL DEFAULT '',
    CHECK ((seal IS NULL) = (hash = ''))
);
CREATE INDEX audit_coe ON audit (coe_id, id) WHERE coe_id IS NOT NULL;
CREATE INDEX audit_unsealed ON audit (id) WHERE seal IS NULL;
