"""The SQL policy: what a statement of an analyst may read."""
