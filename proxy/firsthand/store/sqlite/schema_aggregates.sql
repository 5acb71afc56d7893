-- Numbers of visitors who agreed to analytics alone: rows that at least k events share.
-- at: start of the hour, Unix ms. value: sum of amounts, each rounded to two digits, in currency.
CREATE TABLE aggregates (
  at       INTEGER NOT NULL,
  vendor   TEXT NOT NULL,
  name     TEXT NOT NULL,
  path     TEXT NOT NULL,
  country  TEXT NOT NULL,
  device   TEXT NOT NULL,
  source   TEXT NOT NULL,
  medium   TEXT NOT NULL,
  campaign TEXT NOT NULL,
  currency TEXT NOT NULL,
  n        INTEGER NOT NULL,
  value    REAL NOT NULL,
  PRIMARY KEY (at, vendor, name, path, country, device, source, medium, campaign, currency)
) WITHOUT ROWID;
