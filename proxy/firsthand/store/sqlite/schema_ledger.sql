-- What is to be sent, and what happened. Times are Unix milliseconds, hours and days in UTC.
-- queue, dead, tombstones and unreadable hold personal data (hashed or keyed); the other tables do not.

-- How far each outbox file has been moved; outbox: the name in its identity table.
CREATE TABLE cursors (
  outbox TEXT PRIMARY KEY,
  last   INTEGER NOT NULL
) WITHOUT ROWID;

-- What twins and roll-ups count by; destination: the account that the server path goes to.
-- Notes have neither site nor destination.
CREATE TABLE series (
  id          INTEGER PRIMARY KEY,
  site        TEXT NOT NULL,
  vendor      TEXT NOT NULL,
  account     TEXT NOT NULL,
  destination TEXT NOT NULL,
  name        TEXT NOT NULL,
  UNIQUE (site, vendor, account, destination, name)
);

-- The two paths of one event. key: keyed hash of site, vendor, account, name and event key; none
-- once the vendor would take the same key for a new event. owner: keyed hash of key and visitor, by
-- which a key that another visitor's event has is told; it links no two events.
-- seen: bit set of the ways it came by. verdict: 1 analytics, 2 marketing, 4 explicit.
-- client_keys, server_keys: bit sets of model.MatchKey. accepted_ms: from arrival to acceptance.
-- made: the browser's beacon had no event key. signs: bit set of rules.bots.BotSign. arm: rules.holdout.Arm.
-- client_amount, server_amount: what the event is worth by what each path told, in ten-thousandths
-- of the currency's unit. order_key: keyed hash of the order's number, by which one purchase under
-- two event keys is told.
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
  accepted_ms INTEGER,
  made            INTEGER NOT NULL DEFAULT 0,
  signs           INTEGER NOT NULL DEFAULT 0,
  arm             TEXT NOT NULL DEFAULT '',
  client_amount   INTEGER NOT NULL DEFAULT 0,
  client_currency TEXT NOT NULL DEFAULT '',
  server_amount   INTEGER NOT NULL DEFAULT 0,
  server_currency TEXT NOT NULL DEFAULT '',
  order_key       BLOB
);
CREATE INDEX twins_at ON twins (at);
CREATE INDEX twins_order ON twins (order_key) WHERE order_key IS NOT NULL;

-- Roll-ups. by_day: 0 hours, 1 days. at: start of the hour or day of the twin's first arrival.
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

-- counts with all names of an account together.
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

CREATE TABLE notes (
  by_day INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  series INTEGER NOT NULL,
  reason TEXT NOT NULL,
  n      INTEGER NOT NULL,
  PRIMARY KEY (by_day, at, series, reason)
) WITHOUT ROWID;

-- match_keys: bit set of model.MatchKey, of twins with just these (one bit a row before version 3).
CREATE TABLE coverage (
  by_day     INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  series     INTEGER NOT NULL,
  path       TEXT NOT NULL,
  match_keys INTEGER NOT NULL,
  n          INTEGER NOT NULL,
  PRIMARY KEY (by_day, at, series, path, match_keys)
) WITHOUT ROWID;

-- up_to_ms: upper bound of the bucket, -1 for the last, which has none.
CREATE TABLE latency (
  by_day   INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  series   INTEGER NOT NULL,
  up_to_ms INTEGER NOT NULL,
  n        INTEGER NOT NULL,
  PRIMARY KEY (by_day, at, series, up_to_ms)
) WITHOUT ROWID;

-- what: rollups.What. example: the newest twin that it was counted for, 0 for none.
CREATE TABLE facts (
  by_day  INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  series  INTEGER NOT NULL,
  what    TEXT NOT NULL,
  n       INTEGER NOT NULL,
  example INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (by_day, at, series, what)
) WITHOUT ROWID;

-- Sums of what twins in a joint state are worth, in ten-thousandths of a currency's unit; n: twins.
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

-- Twins of visitors who were drawn into an arm of the holdout (rules.holdout.Arm).
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

-- Keepers that browsers showed, see model.Sighting. day: of issue, in days since 1970. after: days
-- from then on, the lower bound of a bucket; 0: shown on that day. Nothing tells whose.
CREATE TABLE returns (
  day    INTEGER NOT NULL,
  family TEXT NOT NULL,
  after  INTEGER NOT NULL,
  n      INTEGER NOT NULL,
  PRIMARY KEY (day, family, after)
) WITHOUT ROWID;

-- Deliveries, and how many rows of queue and dead they have: counted here, not by scanning.
CREATE TABLE lanes (
  id      INTEGER PRIMARY KEY,
  vendor  TEXT NOT NULL,
  account TEXT NOT NULL,
  waiting INTEGER NOT NULL DEFAULT 0,
  dead    INTEGER NOT NULL DEFAULT 0,
  UNIQUE (vendor, account)
);

-- Beacons that wait. at: arrival. attempts: earlier calls. ticket: what to ask the vendor again
-- with. replayed_at: when it came back from the dead letters, 0 if it never did.
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
-- Whose beacons wait, 4,096 neighbours at a time: what is settled together lies together in it, and
-- a long queue costs no more than a short one.
CREATE INDEX queue_subjects ON queue (id >> 12, subject) WHERE subject != '';

-- Beacons that no vendor will take any more. at: arrival, dead_at: when it was given up.
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

-- Withdrawals: nothing of the subject that arrived until then may go to the vendor.
CREATE TABLE tombstones (
  subject TEXT NOT NULL,
  vendor  TEXT NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (subject, vendor)
) WITHOUT ROWID;
CREATE INDEX tombstones_at ON tombstones (at);

-- One event's way, masked, for the newest twins.
CREATE TABLE traces (
  twin    INTEGER PRIMARY KEY,
  shape   TEXT NOT NULL,
  verdict TEXT NOT NULL,
  fields  TEXT NOT NULL,
  call    TEXT NOT NULL DEFAULT '',
  reply   TEXT NOT NULL DEFAULT '',
  message TEXT NOT NULL DEFAULT ''
);

-- Lines of an outbox that this version cannot read: kept for a while, and counted as a note.
CREATE TABLE unreadable (
  id   INTEGER PRIMARY KEY,
  at   INTEGER NOT NULL,
  line BLOB NOT NULL
);
CREATE INDEX unreadable_at ON unreadable (at);
