-- +goose Up
-- What was told to whom on which local day, and what Slack sent back.
-- attempt_at and next_at are of the wall clock; not_before, expires_at,
-- created_at and sent_at of the calendar clock.
CREATE TABLE deliveries (
  id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  kind TEXT NOT NULL CHECK (kind IN ('digest')),
  channel TEXT NOT NULL CHECK (channel IN ('slack','email','webhook','inbox')),
  person_id INTEGER NOT NULL REFERENCES people(id),
  local_date TEXT NOT NULL,
  dedupe_key TEXT NOT NULL UNIQUE,
  later INTEGER NOT NULL DEFAULT 0,
  not_before DATETIME NOT NULL,
  expires_at DATETIME NOT NULL,
  state TEXT NOT NULL DEFAULT 'planned' CHECK (state IN ('planned','sending','uncertain','sent','assumed_sent','cancelled','expired','dead')),
  fence INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  looks INTEGER NOT NULL DEFAULT 0,
  plain BOOLEAN NOT NULL DEFAULT FALSE,
  attempt_at DATETIME,
  next_at DATETIME,
  channel_id TEXT NOT NULL DEFAULT '',
  ts TEXT NOT NULL DEFAULT '',
  error_class TEXT NOT NULL DEFAULT '',
  error_text TEXT NOT NULL DEFAULT '',
  created_at DATETIME NOT NULL,
  sent_at DATETIME
);
CREATE INDEX deliveries_person ON deliveries(person_id, local_date);
CREATE INDEX deliveries_date ON deliveries(local_date);
CREATE INDEX deliveries_unsettled ON deliveries(state, created_at) WHERE state IN ('planned','sending','uncertain','dead');

-- The promise: an action is told once per audience and local day.
CREATE TABLE delivery_items (
  delivery_id TEXT NOT NULL REFERENCES deliveries(id) ON DELETE CASCADE,
  action_id INTEGER NOT NULL REFERENCES actions(id) ON DELETE CASCADE,
  audience TEXT NOT NULL CHECK (audience IN ('owner','coe_owner','verifier')),
  local_date TEXT NOT NULL,
  section TEXT NOT NULL CHECK (section IN ('overdue','this_week','coming','your_coes','to_verify','needs_owner')),
  place INTEGER NOT NULL,
  due TEXT NOT NULL DEFAULT '',
  fresh BOOLEAN NOT NULL DEFAULT FALSE,
  hit BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (delivery_id, place),
  UNIQUE (action_id, audience, local_date)
);

CREATE TABLE slack_identities (
  person_id INTEGER NOT NULL PRIMARY KEY REFERENCES people(id) ON DELETE CASCADE,
  slack_user_id TEXT NOT NULL UNIQUE,
  dm_channel_id TEXT NOT NULL DEFAULT '',
  zone TEXT NOT NULL DEFAULT '',
  deleted BOOLEAN NOT NULL DEFAULT FALSE,
  checked_at DATETIME NOT NULL
);
CREATE TABLE slack_messages (
  channel_id TEXT NOT NULL,
  ts TEXT NOT NULL,
  delivery_id TEXT NOT NULL REFERENCES deliveries(id) ON DELETE CASCADE,
  render_hash TEXT NOT NULL,
  PRIMARY KEY (channel_id, ts)
);
CREATE INDEX slack_messages_delivery ON slack_messages(delivery_id);
CREATE TABLE slack_inbound (
  dedupe_key TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  received_at DATETIME NOT NULL,
  raw TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new','done','failed')),
  error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX slack_inbound_received ON slack_inbound(received_at);

-- Shared by all processes: until when a method must rest, and when its next
-- call may leave. Method * is the whole workspace. Wall clock.
CREATE TABLE slack_method_blocks (
  method TEXT NOT NULL,
  channel_id TEXT NOT NULL DEFAULT '',
  blocked_until DATETIME,
  next_at DATETIME,
  reason TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (method, channel_id)
);
