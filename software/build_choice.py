"""Choosing a build by version, language and file type (K1). Pure but for the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from csp_portal.territories import reader_locale
from software.models import Build

FIELDS = ("version", "language", "file_type")


@dataclass(frozen=True)
class BuildChoice:
    """What was chosen among a product's builds: `asked` has a value for each field, which need not fit together."""

    builds: Sequence[Build]
    asked: Mapping[str, str]

    @classmethod
    def fitted(cls, builds: Sequence[Build], asked: Mapping[str, str]) -> "BuildChoice":
        """The nearest choice that is possible: from left to right what was asked, else what suits the reader."""
        fitting = list(builds)
        fitted: dict[str, str] = {}
        for field in FIELDS:
            values = _values(fitting, field)
            fitted[field] = asked[field] if asked.get(field) in values else _suiting(values)
            fitting = [build for build in fitting if getattr(build, field) == fitted[field]]
        return cls(builds, fitted)

    @property
    def is_complete(self) -> bool:
        return all(self.asked.get(field) for field in FIELDS)

    @property
    def build(self) -> Build | None:
        """The build that was chosen; None if there is no such one."""
        return next((build for build in self.builds if self._fits(build, FIELDS)), None)

    @property
    def nearest(self) -> list[Build]:
        """The builds to offer instead of one that does not exist: of the same version if there are any, else all."""
        same_version = [build for build in self.builds if self._fits(build, FIELDS[:1])]
        return same_version or list(self.builds)

    def all_values(self, field: str) -> list[str]:
        """Every value of a field, possible with the others or not."""
        return _values(self.builds, field)

    def possible_values(self, field: str) -> list[str]:
        """The values of a field that go with what was chosen in the fields before it."""
        before = FIELDS[: FIELDS.index(field)]
        return _values([build for build in self.builds if self._fits(build, before)], field)

    def _fits(self, build: Build, fields: Sequence[str]) -> bool:
        return all(getattr(build, field) == self.asked.get(field) for field in fields)


def _values(builds: Sequence[Build], field: str) -> list[str]:
    return list(dict.fromkeys(getattr(build, field) for build in builds))


def _suiting(values: list[str]) -> str:
    """The first value in the reader's language, else the first one; empty if there is none."""
    language = reader_locale().language
    own = (value for value in values if value.split("-")[0] == language)
    return next(own, values[0] if values else "")
