"""Who and what services are called with: made when first asked for."""

from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from csp_portal.accounts.models import Partner, User
from csp_portal.accounts.permissions import Role
from customers.models import Customer
from orders.models import OrderLine
from software.models import Build, DownloadLink, ProductKey, SoftwarePurchase
from tests.factories import CustomerFactory, PartnerFactory, UserFactory, buy_line, make_build, make_link, make_sku

AGENT = "agent@partner.example"
GLOBAL_ADMIN = "admin@partner.example"
KEEPER = "keeper@operator.example"
SUPPORT = "first@operator.example"
SECOND = "second@operator.example"
PARTNER, OPERATOR, ANOTHERS = "the partner's chain", "the operator's chain", "another partner's chain"


class World:
    """One partner with a customer that has bought something, and the operator's staff."""

    def __init__(self, clock: Any, settings: Any, folder: Path) -> None:
        self.clock = clock
        self.settings = settings
        self.folder = folder
        self.nowhere = StringIO()  # what commands tell

    @cached_property
    def partner(self) -> Partner:
        return PartnerFactory(legal_name="한빛 파트너 주식회사")

    @cached_property
    def agent(self) -> User:
        return self.user(AGENT, Role.ADMIN_AGENT, self.partner)

    @cached_property
    def global_admin(self) -> User:
        return self.user(GLOBAL_ADMIN, Role.GLOBAL_ADMIN, self.partner)

    @cached_property
    def keeper(self) -> User:
        return self.user(KEEPER, Role.OPERATOR_ADMIN)

    @cached_property
    def support_agent(self) -> User:
        return self.user(SUPPORT, Role.SUPPORT_AGENT)

    @cached_property
    def second_agent(self) -> User:
        return self.user(SECOND, Role.SUPPORT_AGENT)

    @cached_property
    def customer(self) -> Customer:
        return CustomerFactory(partner=self.partner, company_name="上海晨星科技有限公司")

    @cached_property
    def line(self) -> OrderLine:
        """A line of one unit with its key, ordered by the agent."""
        return buy_line(self.agent, self.customer, make_sku(keys=1))

    @cached_property
    def purchase(self) -> SoftwarePurchase:
        return self.line.purchase

    @cached_property
    def key(self) -> ProductKey:
        return self.purchase.keys.get()

    @cached_property
    def build(self) -> Build:
        return make_build(self.purchase.sku.product)

    @cached_property
    def link(self) -> DownloadLink:
        return make_link(self.agent, self.purchase, self.build)

    @classmethod
    def in_folder(cls, folder: Path, *, clock: Any, settings: Any) -> "World":
        """A world with a storage of its own below the folder, so that each of its files is known."""
        own = {"location": str(folder / "storage")}
        default = settings.STORAGES["default"]
        settings.STORAGES = settings.STORAGES | {"default": default | {"OPTIONS": default["OPTIONS"] | own}}
        for name in ("storage", "of the operator"):
            (folder / name).mkdir()
        return cls(clock, settings, folder / "of the operator")

    def user(self, email: str, role: Role, partner: Partner | None = None) -> User:
        return UserFactory(email=email, partner=partner, roles=[role])

    def browser_of(self, user: User) -> Client:
        """A browser in which the user is signed in."""
        client = Client()
        client.force_login(user)
        return client

    def file(self, name: str, content: str) -> Path:
        """A file of the operator's that a command reads."""
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return path

    def upload(self, name: str, content: str) -> SimpleUploadedFile:
        return SimpleUploadedFile(name, content.encode())
