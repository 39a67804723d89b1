"""What statements on every port may use: nothing that reaches files, other servers or programs.

Lists of what is allowed, as for analysts: what a new version of the engine brings stays closed.
"""

import re

from infra.chdb_http.engine import Engine
from infra.chdb_http.policy import allowlist

# The engine's view of the machine's files: a table of this database is a file.
FILES_DATABASE = "default"

READING_STATEMENTS = frozenset({
    "SelectWithUnionQuery", "Explain", "DescribeQuery", "ExistsTableQuery", "ExistsViewQuery",
    "ExistsDatabaseQuery", "ExistsDictionaryQuery", "ShowTables", "ShowFunctions", "ShowColumns",
    "ShowIndexes", "ShowSetting", "ShowProcesslistQuery", "ShowEngineQuery", "ShowGrantsQuery",
    "ShowCreateTableQuery", "ShowCreateViewQuery", "ShowCreateDatabaseQuery",
})  # fmt: skip
STATEMENTS = READING_STATEMENTS | {
    "InsertQuery", "CreateQuery", "AttachQuery", "DetachQuery", "DropQuery", "TruncateQuery",
    "UndropQuery", "Rename", "AlterQuery", "CreateIndexQuery", "DropIndexQuery", "UpdateQuery",
    "DeleteQuery", "OptimizeQuery", "CheckQuery", "KillQueryQuery", "CreateSQLFunctionQuery",
    "DropFunctionQuery", "SYSTEM",
}  # fmt: skip
# The first word of a command of ALTER; FETCH, FREEZE, EXPORT and others use files and servers.
ALTER_VERBS = frozenset({
    "ADD", "APPLY", "ATTACH", "CLEAR", "COMMENT", "DELETE", "DROP", "MATERIALIZE", "MODIFY", "MOVE",
    "REMOVE", "RENAME", "REPLACE", "RESET", "UPDATE",
})  # fmt: skip
SYSTEM_COMMANDS = re.compile(
    r"SYSTEM ((START|STOP) (TTL )?(MERGES|MOVES|VIEWS?)|(REFRESH|WAIT|CANCEL) VIEW"
    r"|CLEAR( \w+)+ CACHE|FLUSH LOGS|WAIT LOADING PARTS|LOAD PRIMARY KEY)\b"
)

# Buffer is not among them: it names its table's database by a string.
TABLE_ENGINES = frozenset({
    "AggregatingMergeTree", "CoalescingMergeTree", "CollapsingMergeTree",
    "GenerateRandom", "GraphiteMergeTree", "Join", "Log", "MaterializedView", "Memory", "Merge",
    "MergeTree", "Null", "ReplacingMergeTree", "Set", "StripeLog", "SummingMergeTree", "TinyLog",
    "VersionedCollapsingMergeTree", "View",
})  # fmt: skip
DATABASE_ENGINES = frozenset({"Atomic", "Memory"})

# Closed are, among others: `format`, which evaluates what it is told to read; those that take a
# table's database as a string, which could be the one of files.
TABLE_FUNCTIONS = allowlist.TABLE_FUNCTIONS | {"generateRandom", "input", "merge", "primes"}

CATEGORIES = allowlist.CATEGORIES | {"Encryption", "NumericIndexedVector", "QBit", "Time Series"}
# Those of the category "Other" that know this server, its queries and settings, and no more.
# Closed are, among others: `file`; `hasColumnInTable`, which asks another server if told its name.
SINGLE = allowlist.SINGLE | {
    "authenticatedUser", "blockSerializedSize", "blockSize", "buildId", "connectionId",
    "currentProfiles", "currentQueryID", "currentRoles", "defaultProfiles", "defaultRoles",
    "digits", "enabledProfiles", "enabledRoles", "errorCodeToName",
    "filesystemAvailable", "filesystemCapacity", "filesystemUnreserved", "flipCoordinates",
    "formatQuery", "formatQueryOrNull", "formatQuerySingleLine", "formatQuerySingleLineOrNull",
    "fuzzQuery", "generateRandomStructure", "getMacro", "getMaxTableNameLengthForDatabase",
    "getMergeTreeSetting", "getOSKernelVersion", "getServerPort", "getServerSetting", "getSetting",
    "getSettingOrDefault", "getTypeSerializationStreams", "globalVariable", "highlightQuery",
    "hostName", "icebergBucket", "icebergTruncate", "initialQueryID", "initialQueryStartTime",
    "isMergeTreePartCoveredBy", "lowCardinalityIndices",
    "lowCardinalityKeys", "mergeTreePartInfo", "normalizeQuery", "normalizeQueryKeepNames",
    "normalizedQueryHash", "normalizedQueryHashKeepNames", "parseISO8601Duration", "partitionId",
    "pgGetUserById", "pgTableIsVisible", "queryID", "runningConcurrency", "serverUUID",
    "shardCount", "shardNum", "sleep", "sleepEachRow", "tcpPort", "tokenizeQuery", "uptime",
}  # fmt: skip

# A path, an address or an expression can only stand in a setting of one of these types.
_TEXT_TYPES = ("String", "Map", "URI")
# Settings of these types that are no path, no address, no expression and no name of either.
_TEXT_SETTINGS = frozenset({
    "bool_false_representation", "bool_true_representation", "column_names_for_schema_inference",
    "count_distinct_implementation", "default_compression_codec", "errors_output_format",
    "force_data_skipping_indices", "force_optimize_projection_name",
    "format_csv_null_representation", "format_custom_field_delimiter",
    "format_custom_result_after_delimiter", "format_custom_result_before_delimiter",
    "format_custom_row_after_delimiter", "format_custom_row_before_delimiter",
    "format_custom_row_between_delimiter", "format_json_object_each_row_column_for_object_name",
    "format_regexp", "format_template_rows_between_delimiter", "format_tsv_null_representation",
    "ignore_data_skipping_indices", "input_format_mysql_dump_table_name",
    "input_format_orc_reader_time_zone_name", "insert_deduplication_token", "log_comment",
    "marks_compression_codec", "output_format_avro_codec",
    "output_format_avro_string_column_pattern", "output_format_orc_writer_time_zone_name",
    "output_format_pretty_grid_charset", "output_format_sql_insert_table_name",
    "preferred_optimize_projection_name", "primary_key_compression_codec", "query_cache_tag",
    "schema_inference_hints", "temporary_files_codec", "auto_statistics_types",
})  # fmt: skip
# They change what a statement means after it was checked, or run others of their own.
_MEANING_SETTINGS = frozenset({
    "allow_introspection_functions", "ast_fuzzer_any_query", "ast_fuzzer_runs", "dialect",
})  # fmt: skip


def read_closed_settings(engine: Engine) -> frozenset[str]:
    """The engine's settings, of queries and of tables, that nobody may choose."""
    types = ", ".join(f"'{name}'" for name in _TEXT_TYPES)
    rows = engine.rows(
        f"SELECT name FROM system.settings WHERE type IN ({types})"
        f" UNION ALL SELECT name FROM system.merge_tree_settings WHERE type IN ({types})"
    )
    return frozenset(name for (name,) in rows) - _TEXT_SETTINGS | _MEANING_SETTINGS
