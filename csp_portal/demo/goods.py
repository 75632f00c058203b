"""What the demo sells: key pools and builds of true products."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoBuild:
    product_id: str
    version: str
    language: str
    file_type: str
    file_name: str
    size: int  # bytes


SERVER_STANDARD = "DG7GMGF0NGQ0"
SERVER_DATACENTER = "DG7GMGF0CD6W"
SERVER_CAL = "DG7GMGF0FPXC"
SERVER_2022 = "DG7GMGF0C6XF"
SQL_2019 = "DG7GMGF0GWFX"
OFFICE_2021 = "DG7GMGF00JPF"
EXCHANGE_2019 = "DG7GMGF0MW61"
WINDOWS_7_UPDATES = "DG7GMGF0W2DX"
SUSE = "DG7GMGF0CZJT"
RED_HAT = "DG7GMGF01WR4"
RESERVED_VM = "DG7GMGF0NSX9"

# ProductId, SkuId and how many keys its pool is given.
POOLS = (
    (SERVER_STANDARD, "0001", 40),
    (SERVER_STANDARD, "0003", 40),
    (SERVER_DATACENTER, "0003", 40),
    (SERVER_DATACENTER, "0004", 10),
    (SERVER_CAL, "0001", 400),
    (SERVER_2022, "0001", 40),
    (SQL_2019, "0002", 40),
    (OFFICE_2021, "0001", 40),
    (WINDOWS_7_UPDATES, "0001", 40),
)

_MIB = 1024 * 1024
BUILDS = (
    DemoBuild(SERVER_STANDARD, "2022", "en-US", "ISO x64", "windows-server-2022-en-us.iso", 192 * _MIB),
    DemoBuild(SERVER_STANDARD, "2022", "de-DE", "ISO x64", "windows-server-2022-de-de.iso", 3 * _MIB),
    DemoBuild(SERVER_STANDARD, "2022", "ja-JP", "ISO x64", "windows-server-2022-日本語.iso", 2 * _MIB),
    DemoBuild(SERVER_STANDARD, "2019", "en-US", "ISO x64", "windows-server-2019-en-us.iso", 2 * _MIB),
    DemoBuild(SERVER_STANDARD, "2019", "en-US", "VHD", "windows-server-2019-en-us.vhd", _MIB),
    DemoBuild(SERVER_DATACENTER, "2022", "en-US", "ISO x64", "windows-server-2022-datacenter-en-us.iso", 4 * _MIB),
    DemoBuild(SERVER_2022, "21H2", "en-US", "ISO x64", "windows-server-2022-21h2-en-us.iso", 3 * _MIB),
    DemoBuild(SERVER_2022, "21H2", "ja-JP", "ISO x64", "windows-server-2022-21h2-ja-jp.iso", 3 * _MIB),
    DemoBuild(SQL_2019, "2019", "en-US", "ISO x64", "sql-server-2019-standard-en-us.iso", 2 * _MIB),
    DemoBuild(OFFICE_2021, "2021", "pt-BR", "IMG", "office-ltsc-2021-pt-br.img", 2 * _MIB),
)
