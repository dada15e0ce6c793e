"""The update log, the truth of every document: contract, SQLite, compaction, archive."""
