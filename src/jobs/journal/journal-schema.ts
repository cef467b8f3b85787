// The schema of the journal's file, version by version: what was written once is read for ever.

/** The n-th takes a file from version n to n + 1. */
export const migrations = [
  `CREATE TABLE jobs (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     platform TEXT NOT NULL, space TEXT NOT NULL, person TEXT NOT NULL,
     request TEXT NOT NULL, address TEXT NOT NULL, priority REAL NOT NULL, cost INTEGER NOT NULL,
     state TEXT NOT NULL, accepted_ms REAL NOT NULL, started_ms REAL, ended_ms REAL, attempts INTEGER NOT NULL,
     reason TEXT, result TEXT, blob TEXT,
     told INTEGER NOT NULL DEFAULT 0, note TEXT
   ) STRICT;
   CREATE INDEX untold ON jobs (seq) WHERE told = 0;
   CREATE INDEX ended ON jobs (ended_ms, seq) WHERE ended_ms IS NOT NULL;
   CREATE INDEX person ON jobs (platform, person, seq);
   CREATE INDEX space ON jobs (platform, space, seq);
   CREATE INDEX blob ON jobs (blob) WHERE blob IS NOT NULL;
   CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  // What a gallery shows is read off these in its order, however much of others stands between.
  `ALTER TABLE jobs ADD COLUMN private INTEGER GENERATED ALWAYS AS (coalesce(json_extract(address, '$.private'), 0)) VIRTUAL;
   CREATE INDEX shown ON jobs (platform, space, ended_ms, seq) WHERE state = 'done' AND private = 0;
   CREATE INDEX hidden ON jobs (platform, space, person, ended_ms, seq) WHERE state = 'done' AND private <> 0`,
  `CREATE TABLE deficits (
     in_group TEXT NOT NULL, member TEXT NOT NULL,
     round INTEGER NOT NULL, credit INTEGER NOT NULL, seat INTEGER NOT NULL,
     PRIMARY KEY (in_group, member)
   ) STRICT, WITHOUT ROWID`,
  // What is said to the bot alone is seen by nobody else, also where that is a conversation of a larger place.
  `DROP INDEX shown; DROP INDEX hidden;
   ALTER TABLE jobs DROP COLUMN private;
   ALTER TABLE jobs ADD COLUMN private INTEGER GENERATED ALWAYS AS
     (coalesce(json_extract(address, '$.private'), 0) OR coalesce(json_extract(address, '$.direct'), 0)) VIRTUAL;
   CREATE INDEX shown ON jobs (platform, space, ended_ms, seq) WHERE state = 'done' AND private = 0;
   CREATE INDEX hidden ON jobs (platform, space, person, ended_ms, seq) WHERE state = 'done' AND private <> 0`,
]

/** 'Zoej' */
export const applicationId = 0x5a6f656a
