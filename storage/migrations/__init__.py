"""Schema revisions, run by alembic on databases that an older version of the program wrote."""
