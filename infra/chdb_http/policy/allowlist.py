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
    "defaultValueOfTypeName", "displayName", "dumpColumnStructure", "exists", "finalizeAggregation",
    "formatReadableDecimalSize", "formatReadableQuantity", "formatReadableSize",
    "formatReadableTimeDelta", "getSizeOfEnumType", "getSubcolumn", "grouping", "identity",
    "ignore", "indexHint", "initializeAggregation", "isConstant", "isDecimalOverflow", "lambda",
    "materialize", "minSampleSizeContinuous", "minSampleSizeConversion", "neighbor",
    "parseReadableSize", "parseReadableSizeOrNull", "parseReadableSizeOrZero", "parseTimeDelta",
    "revision",
    "rowNumberInAllBlocks", "rowNumberInBlock", "runningAccumulate", "runningDifference",
    "runningDifferenceStartingWithFirstValue", "throwIf", "toColumnTypeName", "toTypeName",
    "transform", "untuple", "variantElement", "variantType", "version", "visibleWidth",
})  # fmt: skip
JODA = frozenset(
    f"parseDateTime{digits}InJodaSyntax{otherwise}"
    for digits in ("", "64") for otherwise in ("", "OrNull", "OrZero")
)  # fmt: skip
"""They load the time zones that the data name."""
COSTLY = frozenset({
    # A width in its format makes it allocate memory that the engine does not count.
    "printf",
    # One call takes minutes with arguments that fit the statement, and cannot be cancelled. Most
    # take the square of their arguments' length; a step of `arrayFold` takes as long as a block.
    "h3kRing", "arrayLevenshteinDistance", "arrayLevenshteinDistanceWeighted", "arraySimilarity",
    "editDistance", "editDistanceUTF8", "damerauLevenshteinDistance", "URLHierarchy",
    "URLPathHierarchy", "arrayFold", "arrayReduceInRanges", "multiFuzzyMatchAny",
    "multiFuzzyMatchAnyIndex", "multiFuzzyMatchAllIndices", *JODA,
    # They compare each side of one polygon with each of the other: of 3,000 points each there are
    # millions of crossings.
    "polygonsIntersectionCartesian", "polygonsIntersectionSpherical", "polygonsUnionCartesian",
    "polygonsUnionSpherical", "polygonsSymDifferenceCartesian", "polygonsSymDifferenceSpherical",
    "polygonsWithinCartesian", "polygonsWithinSpherical", "polygonsDistanceSpherical",
    # It keeps each constant polygon it has seen while the server runs: 2.6 MB for 100,000 points.
    "pointInPolygon",
    # Patterns, which an expression may make by the thousand, are compiled within one call, into
    # memory that no limit counts.
    "multiMatchAny", "multiMatchAnyIndex", "multiMatchAllIndices",
})  # fmt: skip
# Settings that only shape the answer. The engine knows what each of these may be; those of
# `output_format_` that are switches come on top.
SHAPING_SETTINGS = frozenset({
    "date_time_input_format", "date_time_output_format", "session_timezone",
    "output_format_arrow_compression_method", "output_format_parquet_compression_method",
    "format_csv_delimiter", "format_custom_escaping_rule",
})  # fmt: skip
SWITCH_SETTINGS = frozenset({
    "cast_string_to_dynamic_use_inference", "format_csv_allow_single_quotes",
    "format_csv_allow_double_quotes",
})  # fmt: skip
# Name → least and greatest value.
NUMBER_SETTINGS = {
    "max_block_size": (1, 65_536),
    "output_format_compression_level": (1, 9),
    "output_format_float_precision": (0, 17),
    "output_format_pretty_max_rows": (1, 1_000_000),
    "output_format_pretty_max_column_pad_width": (1, 1_000),
    "output_format_pretty_max_value_width": (1, 100_000),
    "output_format_pretty_max_value_width_apply_for_single_value": (0, 1),
    "output_format_pretty_color": (0, 1),
    "output_format_parquet_row_group_size": (1_000, 1_000_000),
}
# What stands for an empty cell and the like.
TEXT_SETTINGS = frozenset({
    "bool_false_representation", "bool_true_representation", "format_csv_null_representation",
    "format_tsv_null_representation", "format_custom_field_delimiter",
    "format_custom_result_after_delimiter", "format_custom_result_before_delimiter",
    "format_custom_row_after_delimiter", "format_custom_row_before_delimiter",
    "format_custom_row_between_delimiter",
})  # fmt: skip
MAX_TEXT_SETTING = 64
# Limits of analysts, which one of them may choose lower.
LOWERED_SETTINGS = frozenset({
    "max_threads", "max_execution_time", "max_memory_usage", "max_result_rows", "max_result_bytes",
})  # fmt: skip
# Where there is no limit of ours, with the greatest number that means one.
UNLIMITED_SETTINGS = dict.fromkeys(("max_rows_to_read", "max_bytes_to_read"), 1e18)
# All that may be chosen, but the switches of `output_format_`.
CHOSEN_SETTINGS = frozenset().union(
    SHAPING_SETTINGS, SWITCH_SETTINGS, NUMBER_SETTINGS, TEXT_SETTINGS, LOWERED_SETTINGS,
    UNLIMITED_SETTINGS,
)  # fmt: skip
# Why not, of those that people ask for.
REFUSED_SETTINGS = {
    "join_use_nulls": ": it changes what published views mean; write toNullable(column)",
    "readonly": ": every query here only reads",
}
# Sent by drivers with their own defaults: in the URL not refused, and what is no limit above, or
# looser than ours, not applied.
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
