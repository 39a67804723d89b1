"""The engine's configuration file: what bounds its memory and threads on a small machine.

chdb reads it from the connection string (`?config-file=`). Of a server's configuration it takes the
server settings and `merge_tree`; it ignores profiles and `user_files_path`.
"""

from pathlib import Path
from xml.etree import ElementTree as ET

MIB = 1024 * 1024

# Defaults are for large servers: 5 GiB for each of the caches, hundreds of threads.
_SERVER: dict[str, int] = {
    "mark_cache_size": 64 * MIB,
    "index_mark_cache_size": 16 * MIB,
    "primary_index_cache_size": 64 * MIB,
    "vector_similarity_index_cache_size": MIB,
    "text_index_tokens_cache_size": MIB,
    "text_index_header_cache_size": MIB,
    "text_index_postings_cache_size": MIB,
    "parquet_metadata_cache_size": MIB,
    "iceberg_metadata_files_cache_size": MIB,
    "query_condition_cache_size": 16 * MIB,
    "compiled_expression_cache_size": 32 * MIB,
    "max_thread_pool_size": 256,
    "max_io_thread_pool_size": 16,
    "max_active_parts_loading_thread_pool_size": 4,
    "max_outdated_parts_loading_thread_pool_size": 2,
    "max_parts_cleaning_thread_pool_size": 4,
    "background_pool_size": 2,
    "background_merges_mutations_concurrency_ratio": 2,
    "background_common_pool_size": 2,
    "background_schedule_pool_size": 4,
}
# With four slots for merges the defaults (8, 20, 25 free slots) would mean "never a large merge,
# never a mutation".
_MERGE_TREE: dict[str, int] = {
    "number_of_free_entries_in_pool_to_lower_max_size_of_merge": 1,
    "number_of_free_entries_in_pool_to_execute_mutation": 1,
    "number_of_free_entries_in_pool_to_execute_optimize_entire_partition": 1,
    "max_bytes_to_merge_at_max_space_in_pool": 16 * 1024 * MIB,
}


def write(path: Path, memory_mb: int, temporary: Path) -> None:
    """Write the file for an engine that may use ``memory_mb`` MiB in total."""
    root = ET.Element("clickhouse")
    server = _SERVER | {
        "max_server_memory_usage": memory_mb * MIB,
        "merges_mutations_memory_usage_soft_limit": memory_mb * MIB // 4,
    }
    for name, value in server.items():
        ET.SubElement(root, name).text = str(value)
    ET.SubElement(root, "tmp_path").text = f"{temporary}/"
    # displayName(), which drivers ask for, would be the machine's name.
    ET.SubElement(root, "display_name").text = "ClickHouse over chDB"
    merge_tree = ET.SubElement(root, "merge_tree")
    for name, value in _MERGE_TREE.items():
        ET.SubElement(merge_tree, name).text = str(value)
    ET.ElementTree(root).write(path, encoding="unicode")
