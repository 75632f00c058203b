"""A file of customers between its check and its import: kept for an hour, for the user who sent it (U4)."""

import uuid
from dataclasses import dataclass
from typing import Any

from csp_portal import kept_uploads
from csp_portal.accounts.models import User
from customers.import_file import ImportRow

_KIND = "customers"


@dataclass(frozen=True)
class Upload:
    """What was read from a file that was checked."""

    file_name: str
    rows: list[ImportRow]


def keep(upload: Upload, user: User) -> uuid.UUID:
    """Keep a checked file; answers the id by which only this user gets it back."""
    rows = [(row.line, {**row.details, "tenant_id": str(row.details["tenant_id"])}) for row in upload.rows]
    return kept_uploads.keep(_KIND, {"file_name": upload.file_name, "rows": rows}, user)


def kept(upload_id: uuid.UUID, user: User) -> Upload | None:
    """The user's checked file; None once the hour is over."""
    found: dict[str, Any] | None = kept_uploads.kept(_KIND, upload_id, user)
    if found is None:
        return None
    rows = [ImportRow(line, {**row, "tenant_id": uuid.UUID(row["tenant_id"])}) for line, row in found["rows"]]
    return Upload(found["file_name"], rows)
