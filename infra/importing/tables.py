"""Tables of imports: jobs, refused rows, notes, groups, remembered mappings, keys of a sync."""

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, Table, Text

METADATA = MetaData()

JOBS = Table(
    "import_jobs",
    METADATA,
    Column("import_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("options", Text, nullable=False),  # as asked for: a repeat must equal it
    Column("dry_run", Boolean, nullable=False),
    Column("sync", Boolean, nullable=False),
    Column("all_or_nothing", Boolean, nullable=False),
    Column("columns", Text, nullable=False),
    Column("binding", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("state", Text, nullable=False),  # received, running, done, failed
    Column("phase", Text, nullable=False),  # waiting, trying, importing, comparing, done, failed
    Column("rows", Integer, nullable=False),
    # The number of the last row that is answered; where rows are grouped, how many are.
    Column("last_row", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("unreadable", Integer, nullable=False),
    Column("proposed", Integer, nullable=False),
    Column("slugs", Text, nullable=False),
    Column("notes", Text, nullable=False),
    Column("problem_slug", Text),
    Column("problem", Text),
    Column("received_at", Text, nullable=False),
    Column("finished_at", Text),
    Index("import_jobs_state", "state", "received_at"),
    Index("import_jobs_member", "member_id", "received_at"),
)

ROWS = Table(
    "import_rows",
    METADATA,
    Column("import_id", Text, primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("column", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("more", Text, nullable=False),  # further faults of the same row
    Column("cells", Text, nullable=False),
)

NOTES = Table(
    "import_notes",
    METADATA,
    Column("import_id", Text, primary_key=True),
    Column("row", Integer, primary_key=True),  # the first
    Column("slug", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("in_all", Integer, nullable=False),
    Column("rows", Text, nullable=False),  # all of them, as JSON: [[first, last], ...]
)
"""What is said of rows that were taken: once for all rows of a chunk of which it is the same."""

GROUPS = Table(
    "import_groups",
    METADATA,
    Column("import_id", Text, primary_key=True),
    Column("row", Integer, primary_key=True),  # the group's first
    Column("key", Text, nullable=False),
    Column("state", Text, nullable=False),  # changed, unchanged, refused
    Column("rows", Integer, nullable=False),
    Column("told", Text, nullable=False),  # JSON of its kind; empty where there is nothing to tell
)
"""Groups of rows that are taken or refused together, each answered once."""

MAPPINGS = Table(
    "import_mappings",
    METADATA,
    Column("member_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("signature", Text, primary_key=True),
    Column("said", Text, nullable=False),
)

SEEN = Table(
    "import_seen",
    METADATA,
    Column("import_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
)
"""Keys that a file with `sync` listed; emptied when its import ends."""
