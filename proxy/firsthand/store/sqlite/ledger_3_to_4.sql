-- From version 3 to 4: what events are worth, holdout, signs of robots, examples beside counts.
ALTER TABLE key_health RENAME TO facts;
ALTER TABLE facts ADD COLUMN example INTEGER NOT NULL DEFAULT 0;
ALTER TABLE twins ADD COLUMN made INTEGER NOT NULL DEFAULT 0;
ALTER TABLE twins ADD COLUMN signs INTEGER NOT NULL DEFAULT 0;
ALTER TABLE twins ADD COLUMN arm TEXT NOT NULL DEFAULT '';
ALTER TABLE twins ADD COLUMN client_amount INTEGER NOT NULL DEFAULT 0;
ALTER TABLE twins ADD COLUMN client_currency TEXT NOT NULL DEFAULT '';
ALTER TABLE twins ADD COLUMN server_amount INTEGER NOT NULL DEFAULT 0;
ALTER TABLE twins ADD COLUMN server_currency TEXT NOT NULL DEFAULT '';
ALTER TABLE twins ADD COLUMN order_key BLOB;
CREATE INDEX twins_order ON twins (order_key) WHERE order_key IS NOT NULL;
CREATE TABLE money (
  by_day        INTEGER NOT NULL,
  at            INTEGER NOT NULL,
  series        INTEGER NOT NULL,
  client        TEXT NOT NULL,
  server        TEXT NOT NULL,
  reason        TEXT NOT NULL,
  currency      TEXT NOT NULL,
  n             INTEGER NOT NULL,
  client_amount INTEGER NOT NULL,
  server_amount INTEGER NOT NULL,
  PRIMARY KEY (by_day, at, series, client, server, reason, currency)
) WITHOUT ROWID;

CREATE TABLE arms (
  by_day INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  series INTEGER NOT NULL,
  arm    TEXT NOT NULL,
  client TEXT NOT NULL,
  server TEXT NOT NULL,
  n      INTEGER NOT NULL,
  PRIMARY KEY (by_day, at, series, arm, client, server)
) WITHOUT ROWID;
ALTER TABLE coverage RENAME COLUMN match_key TO match_keys;
CREATE TABLE totals (
  by_day  INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  vendor  TEXT NOT NULL,
  account TEXT NOT NULL,
  client  TEXT NOT NULL,
  server  TEXT NOT NULL,
  reason  TEXT NOT NULL,
  n       INTEGER NOT NULL,
  PRIMARY KEY (by_day, at, vendor, account, client, server, reason)
) WITHOUT ROWID;

INSERT INTO totals
  SELECT by_day, at, vendor, account, client, server, reason, sum(n)
  FROM counts JOIN series ON series.id = series
  GROUP BY by_day, at, vendor, account, client, server, reason;
