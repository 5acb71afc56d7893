-- What one edge worker has acknowledged, in its order. Times are Unix milliseconds.

-- One row: which file this is. The ledger keeps its cursor under this name, so that a file that was
-- deleted and begun anew is never taken for the old one.
CREATE TABLE identity (name TEXT NOT NULL);

-- A row is one commit. body: lines, each a letter and JSON: b beacon, w withdrawal, n note.
-- AUTOINCREMENT: ids never restart when the table is empty, else a cursor would skip rows.
CREATE TABLE outbox (
  id   INTEGER PRIMARY KEY AUTOINCREMENT,
  at   INTEGER NOT NULL,
  body BLOB NOT NULL
);
