"""What analysts' queries may name: databases, tables of the system, functions, settings.

Lists of what is allowed, not of what is forbidden: a new version of the engine brings new functions
that read files or call services (`file`, `executable`, `aiGenerate`, …), and they stay closed.
"""

from dataclasses import dataclass

from infra.chdb_http.policy.functions import AllowedFunctions

# The published databases come on top of these.
SYSTEM_DATABASES = frozenset({"system", "information_schema", "INFORMATION_SCHEMA"})
# May be current, as the published ones: an unqualified name of a table is looked up there.
SCHEMA_DATABASE = "information_schema"

# What clients read to show a schema; nothing about queries, files, settings of the host. Rows of
# `parts` are filtered by database, and published databases hold views only.
SYSTEM_TABLES = frozenset({
    "one", "numbers", "numbers_mt", "zeros", "zeros_mt", "databases", "tables", "columns",
    "settings", "functions", "table_functions", "time_zones", "data_type_families", "formats",
    "aggregate_function_combinators", "keywords", "parts", "table_engines",
})  # fmt: skip

TABLE_FUNCTIONS = frozenset({
    "numbers", "numbers_mt", "zeros", "zeros_mt", "generateSeries", "generate_series", "values",
    "VALUES", "null", "view", "viewIfPermitted",
})  # fmt: skip

# Categories of `system.functions` whose members compute from their arguments alone.
CATEGORIES = frozenset({
    "Aggregate Functions", "Arithmetic", "Arrays", "Bit", "Bitmap", "Comparison", "Conditional",
    "Dates and Times", "Distance", "Encoding", "Financial", "Geo", "Geo Polygon", "Hash",
    "IP Address", "JSON", "Logical", "Map", "Mathematical", "Null", "Random Number", "Rounding",
    "String", "String Replacement", "String Search", "String Splitting", "Time Window", "Tuple",
    "Type Conversion", "URL", "UUID",
})  # fmt: skip
# The harmless ones of the category "Other", and names that only the parser knows.
SINGLE = frozenset({
    "_CAST", "bar", "blockNumber", "byteSize", "caseWithExpression", "countDigits",
    "currentDatabase", "currentSchemas", "currentUser", "defaultValueOfArgumentType",
    "defaultValueOfTypeName", "dumpColumnStructure", "exists", "finalizeAggregation",
    "formatReadableDecimalSize", "formatReadableQuantity", "formatReadableSize",
    "formatReadableTimeDelta", "getSizeOfEnumType", "getSubcolumn", "grouping", "identity",
    "ignore", "indexHint", "initializeAggregation", "isConstant", "isDecimalOverflow", "lambda",
    "materialize", "minSampleSizeContinuous", "minSampleSizeConversion", "neighbor",
    "parseReadableSize", "parseReadableSizeOrNull", "parseReadableSizeOrZero", "parseTimeDelta",
    "rowNumberInAllBlocks", "rowNumberInBlock", "runningAccumulate", "runningDifference",
    "runningDifferenceStartingWithFirstValue", "throwIf", "toColumnTypeName", "toTypeName",
    "transform", "untuple", "variantElement", "variantType", "version", "visibleWidth",
})  # fmt: skip
# A width in its format makes it allocate memory that the engine does not count.
COSTLY = frozenset({"printf"})
# Settings that clients send by themselves or that only shape the response; others are refused.
SHAPING_SETTINGS = frozenset({
    "date_time_input_format", "date_time_output_format", "cast_string_to_dynamic_use_inference",
    "output_format_json_quote_64bit_integers", "output_format_json_quote_denormals",
    "output_format_json_named_tuples_as_objects", "output_format_arrow_string_as_string",
    "output_format_native_encode_types_in_binary_format",
    "output_format_native_write_json_as_string", "output_format_json_quote_decimals",
    "output_format_arrow_compression_method", "output_format_parquet_compression_method",
    "session_timezone",
})  # fmt: skip
# Sent by drivers with their own defaults, less than or beside our limits: not applied, not refused.
IGNORED_SETTINGS = frozenset({
    "readonly", "max_execution_time", "max_result_rows", "max_result_bytes", "result_overflow_mode",
    "max_block_size", "extremes", "allow_experimental_json_type", "connect_timeout",
    "max_threads", "use_client_time_zone", "receive_timeout", "send_timeout",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class AllowedNames:
    """What a statement may name, as the engine stands now.

    Attributes:
        functions: the engine's functions.
        published: databases that may be read, those of the system included.
        internal: databases that exist and may not be read.
    """

    functions: AllowedFunctions
    published: frozenset[str]
    internal: frozenset[str]
