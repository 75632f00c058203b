"""An export, written to a file: by a job for who asked on the page, and by the command (A2, A5)."""

from collections.abc import Callable
from contextlib import closing
from typing import IO

from activity.export.sql import copy_csv, copy_json_lines, csv_head
from activity.export.streaming import CopyStream
from activity.models import EventQuerySet, ExportFormat
from activity.seals.bundle import Asked, write_bundle
from activity.seals.sealing import seal_log

Tell = Callable[[int], object]


def write_export(
    out: IO[bytes], file_format: ExportFormat, events: EventQuerySet, asked: Asked, tell: Tell = lambda rows: None
) -> int:
    """Write `events` to `out`, or what `asked` says where it is to be sealed; answers how many rows there are.

    `tell` from time to time how many rows are done. What has no seal yet is sealed first, as far as it can be.
    """
    if file_format == ExportFormat.BUNDLE:
        seal_log(wait=True)
        return write_bundle(out, asked, tell).rows
    with closing(stream_of(file_format, events)) as stream:
        for chunk in stream:
            out.write(chunk)
            tell(stream.rows)
    return stream.rows


def stream_of(file_format: ExportFormat, events: EventQuerySet) -> CopyStream:
    """The bytes of a file that is not sealed."""
    if file_format == ExportFormat.CSV:
        return CopyStream(copy_csv(events), csv_head())
    return CopyStream(copy_json_lines(events))
