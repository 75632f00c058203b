"""A certificate as page, PDF and JSON; each shows what stands in its document and nothing else (C9)."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from cancellations.certificates.models import Certificate
from cancellations.certificates.printing import printed
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.pagination import page_of
from csp_portal.pdf import pdf_answer

KEYS_SHOWN = 100  # on one page; PDF and JSON have all


@require_safe
@role_required(Permission.SEE_CERTIFICATES)
def certificate(request: SignedInRequest, certificate_id: UUID) -> HttpResponse:
    """The certificate in the reader's language; its sentences in the one in which they were accepted."""
    found = _found(request, certificate_id)
    context = {
        "certificate": found,
        "contents": found.contents,
        "policy": found.policy.label,
        "key_page": page_of(request, found.contents["revoked"]["keys"], KEYS_SHOWN),
        "order_refusal": request.user.refusal_to(Permission.SEE_ORDERS),
    }
    return render(request, "certificates/certificate.html", context)


@require_safe
@role_required(Permission.SEE_CERTIFICATES)
def certificate_pdf(request: SignedInRequest, certificate_id: UUID) -> HttpResponseBase:
    """The certificate to print and to pass on, in the language of its sentences: the same bytes for everybody."""
    found = _found(request, certificate_id)
    return pdf_answer(f"{found.file_name}.pdf", printed(found))


@require_safe
@role_required(Permission.SEE_CERTIFICATES)
def certificate_json(request: SignedInRequest, certificate_id: UUID) -> HttpResponse:
    """The document, byte for byte as its SHA-256 was taken."""
    found = _found(request, certificate_id)
    answer = HttpResponse(found.document.encode(), content_type="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.file_name}.json"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _found(request: SignedInRequest, certificate_id: UUID) -> Certificate:
    certificates = Certificate.objects.visible_to(request.user).with_order()
    return get_object_or_404(certificates, public_id=certificate_id)
