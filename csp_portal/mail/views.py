"""The outbox as a developer reads it, signed addresses and all (X5); production has no address for it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from csp_portal.accounts.permissions import public
from csp_portal.mail.models import Mail
from csp_portal.pagination import page_of


@require_safe
@public
def outbox(request: HttpRequest) -> HttpResponse:
    """Every mail, the newest first."""
    return render(request, "mail/outbox.html", {"page": page_of(request, Mail.objects.all())})


@require_safe
@public
def one_mail(request: HttpRequest, mail_id: UUID) -> HttpResponse:
    """A mail as it leaves, with addresses that can be followed."""
    mail = get_object_or_404(Mail, public_id=mail_id)
    return render(request, "mail/one_mail.html", {"mail": mail})
