"""ClickHouse on one machine: the embedded engine (chdb) behind ClickHouse's HTTP interface."""
