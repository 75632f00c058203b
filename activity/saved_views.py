"""Saving, renaming and deleting views of the log (A2). A view is its user's own; each change is recorded."""

from uuid import UUID

from django.db import transaction

from activity.models import LONGEST_VIEW_NAME, MOST_VIEWS, Action, SavedView
from activity.reasons import TOO_MANY_VIEWS, VIEW_GONE, VIEW_NAME_TAKEN, VIEW_WITHOUT_NAME
from activity.services import record
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission, require
from csp_portal.errors import Refusal
from csp_portal.typed_text import one_line


@transaction.atomic
def save_view(name: str, query: dict[str, str], *, actor: User) -> SavedView:
    """Keep a query of the log under a name that no other view of the user has, at most MOST_VIEWS.

    `query` holds no days where the range is the one that the log shows by itself, and never a token.
    Raises Refusal (role, no name or too long, name taken, too many).
    """
    _hold_views(actor)
    kept = _kept_name(name)
    views = SavedView.objects.visible_to(actor)
    if views.count() >= MOST_VIEWS:
        raise Refusal(TOO_MANY_VIEWS, limit=MOST_VIEWS)
    _check_free(kept, actor)
    view = SavedView.objects.create(user=actor, name=kept, query=query)
    record(Action.LOG_VIEW_CHANGED, actor=actor, details={"change": "saved", "view": kept, "query": query})
    return view


@transaction.atomic
def rename_view(view_id: UUID, name: str, *, actor: User) -> SavedView:
    """Give a view of the user another name; the name that it has changes nothing.

    Raises Refusal (role, view gone, no name or too long, name taken).
    """
    view = _held(view_id, actor)
    kept, was = _kept_name(name), view.name
    if kept == was:
        return view
    _check_free(kept, actor, but=view)
    view.name = kept
    view.save(update_fields=["name"])
    record(Action.LOG_VIEW_CHANGED, actor=actor, details={"change": "renamed", "view": kept, "was": was})
    return view


@transaction.atomic
def delete_view(view_id: UUID, *, actor: User) -> str:
    """Delete a view of the user; answers its name. Raises Refusal (role, view gone)."""
    view = _held(view_id, actor)
    view.delete()
    record(Action.LOG_VIEW_CHANGED, actor=actor, details={"change": "deleted", "view": view.name})
    return view.name


def _hold_views(actor: User) -> None:
    """Lock the user, so that views are changed one after the other."""
    require(actor, Permission.SEE_ACTIVITY)
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.pk)


def _held(view_id: UUID, actor: User) -> SavedView:
    _hold_views(actor)
    view = SavedView.objects.visible_to(actor).filter(public_id=view_id).first()
    if view is None:
        raise Refusal(VIEW_GONE)
    return view


def _kept_name(name: str) -> str:
    kept = one_line(name)
    if not 0 < len(kept) <= LONGEST_VIEW_NAME:
        raise Refusal(VIEW_WITHOUT_NAME, longest=LONGEST_VIEW_NAME)
    return kept


def _check_free(name: str, actor: User, *, but: SavedView | None = None) -> None:
    others = SavedView.objects.visible_to(actor)
    others = others.exclude(pk=but.pk) if but else others
    if others.filter(name__iexact=name).exists():
        raise Refusal(VIEW_NAME_TAKEN, view=name)
