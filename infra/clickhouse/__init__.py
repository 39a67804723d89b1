"""Everything that knows ClickHouse's tables: client, migrations, views, formulas, state."""
