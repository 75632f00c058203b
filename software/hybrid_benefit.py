"""What Windows Server licences cover in Azure (M4). Pure: no Django."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

CORES_AT_A_TIME = 16  # cover two small machines or one large one
SMALL_MACHINE = 8  # vCPU at most
LARGE_MACHINE = 16  # vCPU at most


class Edition(StrEnum):
    """By the edition it is decided whether a licence may be used on premises at the same time."""

    STANDARD = "Standard"
    DATACENTER = "Datacenter"

    @classmethod
    def of(cls, product_title: str) -> "Edition":
        """Datacenter where the title says so; the stricter Standard otherwise."""
        return cls.DATACENTER if cls.DATACENTER in product_title else cls.STANDARD

    @property
    def also_on_premises(self) -> bool:
        """Whether its licences may be used in Azure and on premises at once; else in one place or the other."""
        return self == Edition.DATACENTER


@dataclass(frozen=True)
class Cover:
    """What the licences of one edition cover: so many small machines, or so many large ones."""

    edition: Edition
    cores: int

    @property
    def large_machines(self) -> int:
        return self.cores // CORES_AT_A_TIME

    @property
    def small_machines(self) -> int:
        return 2 * self.large_machines

    @property
    def cores_left_over(self) -> int:
        """Cores that cover nothing until there are 16 of them."""
        return self.cores % CORES_AT_A_TIME


def covers(cores_of_products: Mapping[str, int]) -> list[Cover]:
    """What the cores of each product, by its title, cover together; the editions are counted apart."""
    cores: Counter[Edition] = Counter()
    for title, count in cores_of_products.items():
        cores[Edition.of(title)] += count
    return [Cover(edition, cores[edition]) for edition in Edition if cores[edition] > 0]
