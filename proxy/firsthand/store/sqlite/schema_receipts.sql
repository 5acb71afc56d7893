-- Consent receipts, and counts of how visitors stood. No identifiers. Times are Unix milliseconds, UTC.

CREATE TABLE identity (
  name TEXT NOT NULL
);

-- How far each outbox file has been entered; outbox: the name in its identity table.
CREATE TABLE cursors (
  outbox TEXT PRIMARY KEY,
  last   INTEGER NOT NULL
) WITHOUT ROWID;

-- What records say; the basis of a decision is the same for many. last: the last record that says it.
CREATE TABLE whats (
  id   INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  body BLOB NOT NULL UNIQUE,
  last INTEGER NOT NULL
);

-- The chain. at: whole seconds. event: keyed hash of an event key, for kind event alone.
CREATE TABLE records (
  seq   INTEGER PRIMARY KEY,
  at    INTEGER NOT NULL,
  event BLOB,
  what  INTEGER NOT NULL REFERENCES whats,
  hash  BLOB NOT NULL
);
-- By day first: hashes are random, and an index over all of them would be written all over.
CREATE INDEX records_event ON records (at / 86400000, event) WHERE event IS NOT NULL;

-- Where the chain begins: after the record that retention took away last, 0 for none.
CREATE TABLE beginning (
  seq  INTEGER NOT NULL,
  hash BLOB NOT NULL
);

-- Refusals of hours that are not over.
CREATE TABLE refused (
  at     INTEGER NOT NULL,
  vendor TEXT NOT NULL,
  name   TEXT NOT NULL,
  reason TEXT NOT NULL,
  n      INTEGER NOT NULL,
  PRIMARY KEY (at, vendor, name, reason)
) WITHOUT ROWID;

-- Hourly: how the visitors of events stood (model.Stand).
CREATE TABLE stands (
  at    INTEGER NOT NULL,
  stand TEXT NOT NULL,
  n     INTEGER NOT NULL,
  PRIMARY KEY (at, stand)
) WITHOUT ROWID;

-- Hourly: events that came before the visitor decided. page: path, ids masked; source: who spoke.
CREATE TABLE early (
  at     INTEGER NOT NULL,
  page   TEXT NOT NULL,
  source TEXT NOT NULL,
  n      INTEGER NOT NULL,
  PRIMARY KEY (at, page, source)
) WITHOUT ROWID;
