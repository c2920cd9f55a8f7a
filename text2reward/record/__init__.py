"""The run record: its schema, its writer, its reader."""
