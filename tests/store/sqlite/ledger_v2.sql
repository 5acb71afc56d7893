
CREATE TABLE cursors (
  outbox TEXT PRIMARY KEY,
  last   INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE series (
  id          INTEGER PRIMARY KEY,
  site        TEXT NOT NULL,
  vendor      TEXT NOT NULL,
  account     TEXT NOT NULL,
  destination TEXT NOT NULL,
  name        TEXT NOT NULL,
  UNIQUE (site, vendor, account, destination, name)
);

CREATE TABLE twins (
  id          INTEGER PRIMARY KEY,
  key         BLOB UNIQUE,
  owner       BLOB NOT NULL,
  series      INTEGER NOT NULL REFERENCES series,
  at          INTEGER NOT NULL,
  origin      TEXT NOT NULL,
  seen        INTEGER NOT NULL,
  client      TEXT NOT NULL,
  client_ms   INTEGER NOT NULL,
  server      TEXT NOT NULL,
  reason      TEXT NOT NULL,
  client_keys INTEGER NOT NULL,
  server_keys INTEGER NOT NULL,
  verdict     INTEGER NOT NULL,
  bot         INTEGER NOT NULL,
  accepted_ms INTEGER
);
CREATE INDEX twins_at ON twins (at);

CREATE TABLE counts (
  by_day INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  series INTEGER NOT NULL,
  client TEXT NOT NULL,
  server TEXT NOT NULL,
  reason TEXT NOT NULL,
  n      INTEGER NOT NULL,
  PRIMARY KEY (by_day, at, series, client, server, reason)
) WITHOUT ROWID;

CREATE TABLE notes (
  by_day INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  series INTEGER NOT NULL,
  reason TEXT NOT NULL,
  n      INTEGER NOT NULL,
  PRIMARY KEY (by_day, at, series, reason)
) WITHOUT ROWID;

CREATE TABLE coverage (
  by_day    INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  series    INTEGER NOT NULL,
  path      TEXT NOT NULL,
  match_key INTEGER NOT NULL,
  n         INTEGER NOT NULL,
  PRIMARY KEY (by_day, at, series, path, match_key)
) WITHOUT ROWID;

CREATE TABLE latency (
  by_day   INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  series   INTEGER NOT NULL,
  up_to_ms INTEGER NOT NULL,
  n        INTEGER NOT NULL,
  PRIMARY KEY (by_day, at, series, up_to_ms)
) WITHOUT ROWID;

CREATE TABLE key_health (
  by_day INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  series INTEGER NOT NULL,
  what   TEXT NOT NULL,
  n      INTEGER NOT NULL,
  PRIMARY KEY (by_day, at, series, what)
) WITHOUT ROWID;

CREATE TABLE lanes (
  id      INTEGER PRIMARY KEY,
  vendor  TEXT NOT NULL,
  account TEXT NOT NULL,
  waiting INTEGER NOT NULL DEFAULT 0,
  dead    INTEGER NOT NULL DEFAULT 0,
  UNIQUE (vendor, account)
);

CREATE TABLE queue (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  lane        INTEGER NOT NULL REFERENCES lanes,
  twin        INTEGER NOT NULL REFERENCES twins,
  at          INTEGER NOT NULL,
  due_at      INTEGER NOT NULL,
  attempts    INTEGER NOT NULL DEFAULT 0,
  ticket      TEXT NOT NULL DEFAULT '',
  subject     TEXT NOT NULL,
  body        BLOB NOT NULL,
  replayed_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX queue_due ON queue (lane, due_at);
CREATE INDEX queue_age ON queue (lane, at);
CREATE INDEX queue_subject ON queue (subject) WHERE subject != '';

CREATE TABLE dead (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  lane     INTEGER NOT NULL REFERENCES lanes,
  twin     INTEGER NOT NULL REFERENCES twins,
  at       INTEGER NOT NULL,
  dead_at  INTEGER NOT NULL,
  server   TEXT NOT NULL,
  reason   TEXT NOT NULL,
  message  TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  subject  TEXT NOT NULL,
  body     BLOB NOT NULL
);

CREATE INDEX dead_age ON dead (dead_at);
CREATE INDEX dead_subject ON dead (subject) WHERE subject != '';

CREATE TABLE tombstones (
  subject TEXT NOT NULL,
  vendor  TEXT NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (subject, vendor)
) WITHOUT ROWID;
CREATE INDEX tombstones_at ON tombstones (at);

CREATE TABLE traces (
  twin    INTEGER PRIMARY KEY,
  shape   TEXT NOT NULL,
  verdict TEXT NOT NULL,
  fields  TEXT NOT NULL,
  call    TEXT NOT NULL DEFAULT '',
  reply   TEXT NOT NULL DEFAULT '',
  message TEXT NOT NULL DEFAULT ''
);

CREATE TABLE unreadable (
  id   INTEGER PRIMARY KEY,
  at   INTEGER NOT NULL,
  line BLOB NOT NULL
);
CREATE INDEX unreadable_at ON unreadable (at);
