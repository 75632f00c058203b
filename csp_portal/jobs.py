"""How every Celery task is declared: it may run twice, at once or late, and does its work once."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from celery import Task, shared_task
from django.db import OperationalError

P = ParamSpec("P")
R = TypeVar("R")


def job(function: Callable[P, R]) -> "Task[P, R]":
    """A task that is tried again when the database was out of reach or chose it to break a deadlock."""
    retrying: Any = shared_task(autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
    task: Task[P, R] = retrying(function)
    return task
