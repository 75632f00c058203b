"""How every Celery task is declared, and how it goes through its rows: it may run twice, at once or late."""

import logging
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar

from celery import Task, shared_task
from django.db import OperationalError

log = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")


def job(function: Callable[P, R]) -> "Task[P, R]":
    """A task that is tried again when the database was out of reach or chose it to break a deadlock."""
    retrying: Any = shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
    task: Task[P, R] = retrying(function)
    return task


def for_each(rows: Iterable[Any], work: Callable[[Any], int]) -> int:
    """Do `work` for each row, a transaction each; answers the sum of what it answers.

    A row that fails is logged and holds up no other; at the end the last failure is raised.
    """
    done, failure = 0, None
    for row in rows:
        try:
            done += work(row)
        except Exception as error:
            log.exception("%s failed for %s", getattr(work, "__qualname__", work), row)
            failure = error
    if failure is not None:
        raise failure
    return done


def all_batches(work: Callable[[], int]) -> int:
    """Do `work`, a transaction for a batch of rows, until it finds none; answers how many rows there were."""
    done = 0
    while batch := work():
        done += batch
    return done
