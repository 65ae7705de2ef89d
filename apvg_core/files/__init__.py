"""Files: written atomically, JSON read within limits, names, checksums, temporary and cache folders."""

from apvg_core.files.atomic import atomic_write, other_writers, remove_stale_parts, temporary_name
from apvg_core.files.cache import cache_folder
from apvg_core.files.checksums import sha256_of
from apvg_core.files.deferred import DeferredErrorFile
from apvg_core.files.json_files import parse_json, read_json, write_json
from apvg_core.files.names import LONGEST_NAME, as_bytes, path_exists, printable, shortened
from apvg_core.files.scratch import scratch_folder

__all__ = [
    "LONGEST_NAME",
    "DeferredErrorFile",
    "as_bytes",
    "atomic_write",
    "cache_folder",
    "other_writers",
    "parse_json",
    "path_exists",
    "printable",
    "read_json",
    "remove_stale_parts",
    "scratch_folder",
    "sha256_of",
    "shortened",
    "temporary_name",
    "write_json",
]
