"""Everything that knows ClickHouse's tables: client, migrations, views, formulas, statements.

`state` is what the sink keeps there (active epoch, positions, cuts, progress), `tables` how rows
get in; the others read and write one subject each. They decide nothing: limits and loops are the
services'. No statement on the database `tutti` stands outside this package and
`schemas/clickhouse`.
"""
