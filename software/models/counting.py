"""How downloads are counted: the sessions that are kept and what is left of those that were removed (K8, X6).

Whatever tells how many downloads there were asks here. `of` says which, by fields that both kinds of rows have:
`link`, `grant_number` and what lies behind the link.
"""

from django.db.models import BigIntegerField, Count, Max, OuterRef, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest

from csp_portal.figures import figure_of, number_of
from software.models.removed import RemovedDownloads
from software.models.sessions import DownloadSession


def downloads_counted(**of: OuterRef) -> Combinable:
    """How many downloads count: all that were not given back (K8)."""
    kept = DownloadSession.objects.counted().filter(**of)
    return number_of(kept, Count("pk")) + Coalesce(downloads_removed(**of), 0, output_field=BigIntegerField())


def downloads_removed(**of: OuterRef) -> Subquery:
    """How many of those that count are not listed any more; nothing where no download was removed (X6)."""
    return figure_of(RemovedDownloads.objects.filter(**of), Sum("counted"))


def bytes_sent(**of: OuterRef) -> Combinable:
    """How many bytes were sent, of downloads too that were given back."""
    kept, removed = DownloadSession.objects.filter(**of), RemovedDownloads.objects.filter(**of)
    return number_of(kept, Sum("bytes_sent")) + number_of(removed, Sum("bytes_sent"))


def last_started(**of: OuterRef) -> Greatest:
    """When the latest download that counts was started; nothing where there is none."""
    kept, removed = DownloadSession.objects.counted().filter(**of), RemovedDownloads.objects.filter(**of)
    return Greatest(figure_of(kept, Max("started_at")), figure_of(removed, Max("last_started_at")))
