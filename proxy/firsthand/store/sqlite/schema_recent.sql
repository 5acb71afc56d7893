-- Hits of the last hours as ``firsthand plan`` reads them, with stand-ins for whatever may identify a
-- person. at: when it was kept, Unix milliseconds. line: one JSON object.
CREATE TABLE hits (
  id   INTEGER PRIMARY KEY AUTOINCREMENT,
  at   INTEGER NOT NULL,
  line BLOB NOT NULL
);
CREATE INDEX hits_at ON hits (at);
