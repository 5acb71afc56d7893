-- Script custody: versions of the vendors' scripts, and every decision about them. Times: Unix ms.

CREATE TABLE addresses (
  address TEXT PRIMARY KEY,
  vendor TEXT NOT NULL,
  family TEXT NOT NULL,
  own INTEGER NOT NULL,
  live TEXT NOT NULL DEFAULT '',
  checked_at INTEGER NOT NULL,
  trouble TEXT NOT NULL DEFAULT '',
  trouble_since INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX addresses_family ON addresses (family);

CREATE TABLE versions (
  address TEXT NOT NULL,
  hash TEXT NOT NULL,
  digest TEXT NOT NULL,
  size INTEGER NOT NULL,
  source TEXT NOT NULL,
  etag TEXT NOT NULL,
  modified TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  standing TEXT NOT NULL,
  decided_at INTEGER NOT NULL,
  decided_by TEXT NOT NULL,
  served_at INTEGER NOT NULL,
  against TEXT NOT NULL,
  findings TEXT NOT NULL,
  profile TEXT NOT NULL,
  PRIMARY KEY (address, hash)
) WITHOUT ROWID;
CREATE INDEX versions_source ON versions (source);
CREATE INDEX versions_hash ON versions (hash);

CREATE TABLE bodies (
  hash TEXT PRIMARY KEY,
  br BLOB NOT NULL
);

-- Lines are added and never changed: the triggers say so to mistakes, the chain to everybody else.
CREATE TABLE decisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  what TEXT NOT NULL,
  vendor TEXT NOT NULL,
  address TEXT NOT NULL,
  hash TEXT NOT NULL,
  reason TEXT NOT NULL,
  chain TEXT NOT NULL
);
CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions
BEGIN
  SELECT RAISE(ABORT, 'decisions are not changed');
END;
CREATE TRIGGER decisions_remain BEFORE DELETE ON decisions
BEGIN
  SELECT RAISE(ABORT, 'decisions are not deleted');
END;
