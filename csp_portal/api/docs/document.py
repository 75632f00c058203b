"""The OpenAPI document of the API, made of its endpoints once in each process."""

from functools import lru_cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator


@lru_cache(maxsize=1)
def openapi() -> dict[str, Any]:
    """OpenAPI 3.1: every path of the API with what it takes and answers."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found
