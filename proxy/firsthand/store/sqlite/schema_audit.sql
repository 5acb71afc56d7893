-- Who did what on the operator's side. No identifier of a visitor. Times: Unix ms.

CREATE TABLE acts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  what TEXT NOT NULL,
  subject TEXT NOT NULL,
  n INTEGER NOT NULL
);
-- Lines are added and never changed, and go from the old end only. Ids leave no gap but there.
CREATE TRIGGER acts_stay BEFORE UPDATE ON acts
BEGIN
  SELECT RAISE(ABORT, 'the audit log is not changed');
END;
CREATE TRIGGER acts_remain BEFORE DELETE ON acts
WHEN OLD.id > (SELECT min(id) FROM acts)
BEGIN
  SELECT RAISE(ABORT, 'the audit log loses its oldest lines only');
END;

-- Sessions that ended before their time, until that time.
CREATE TABLE ended (
  session TEXT PRIMARY KEY,
  expires INTEGER NOT NULL
) WITHOUT ROWID;
