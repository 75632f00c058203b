#!/usr/bin/env python3
"""Check an export of the activity log: python3 verify.py [--key FINGERPRINT] [--head HASH] FILE

Needs Python 3.9 or newer and nothing else. FILE is the zip file, or the folder it was unpacked to. The answer is 0 when
everything holds, 1 when something was changed, dropped, added or swapped (the first place is named), 2 when FILE
cannot be read.

How it is proved (A5). Each row of the log has a position in its chain, a salt of its own and a hash over both the salt
and the row. A seal covers the rows from one position to another: it holds the digest of their hashes, the hash of the
seal before it, and is signed with Ed25519 (RFC 8032). So whoever knows the fingerprint of the signer's key (`--key`)
and the hash of one seal (`--head`), both of which the portal shows, mails and prints on certificates, can tell that
every row up to that seal stands as it was written. Without a key the signer is not checked; without a head the newest
seals may have been cut off together.

A row that is left out, because a filter or the reader's scope leaves it out, is there with its position and hash only.
"""

import argparse
import hashlib
import json
import socket
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

FORMAT = 1
NO_SEAL = "0" * 64  # what the first seal of a chain holds as the hash of the one before it
MOST_FINDINGS = 20
MANIFEST, SIGNATURE, KEYS, CHAINS = "manifest.json", "manifest.sig", "keys.json", "chains"
_ROW, _ROWS, _SEAL, _MANIFEST, _KEY, _DROPPED = (
    f"csp-activity-{kind}-{FORMAT}\0".encode() for kind in ("row", "rows", "seal", "manifest", "key", "dropped")
)


# What is hashed and signed


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(value: Any) -> bytes:
    """The one text of `value`: JSON by RFC 8785 for texts, whole numbers, true, false, null, lists and objects."""
    return _ENCODER.encode(value).encode()


def row_hash(row: dict[str, Any], salt: bytes) -> bytes:
    """SHA-256 over the row's salt and text; the row holds its chain and position."""
    return hashlib.sha256(_ROW + salt + canonical(row)).digest()


class RowsDigest:
    """SHA-256 over the positions and hashes of the rows of one seal, in their order."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256(_ROWS)

    def add(self, position: int, row: bytes) -> None:
        self._digest.update(position.to_bytes(8, "big") + row)

    def hex(self) -> str:
        return self._digest.hexdigest()


class MonthDigest:
    """SHA-256 over the hashes of a month's seals of one chain: what a record of dropped rows names them by."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256(_DROPPED)

    def add(self, seal: str) -> None:
        self._digest.update(bytes.fromhex(seal))

    def hex(self) -> str:
        return self._digest.hexdigest()


def seal_message(seal: dict[str, Any]) -> bytes:
    """What is signed of a seal, and what its hash is taken of."""
    return _SEAL + canonical(seal)


def seal_hash(seal: dict[str, Any]) -> str:
    """The seal's hash, in hexadecimal: the next seal holds it, and the newest one is the head of its chain."""
    return hashlib.sha256(seal_message(seal)).hexdigest()


def key_message(introduction: dict[str, Any]) -> bytes:
    """What a key and the one before it sign when it is introduced."""
    return _KEY + canonical(introduction)


def dropped_message(record: dict[str, Any]) -> bytes:
    """What is signed when retention has dropped the rows of a month of a chain."""
    return _DROPPED + canonical(record)


def manifest_message(manifest: dict[str, Any]) -> bytes:
    """What is signed of an export's manifest."""
    return _MANIFEST + canonical(manifest)


def fingerprint(public_key: bytes) -> str:
    """SHA-256 of the 32 bytes of an Ed25519 public key, in hexadecimal."""
    return hashlib.sha256(public_key).hexdigest()


def address_commitment(address: str, salt: bytes) -> bytes:
    """SHA-256 over the salt and the packed address: proves the address while it is kept, tells nothing after."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return hashlib.sha256(salt + socket.inet_pton(family, address)).digest()


def address_fault(address: str, salt: bytes, commitment: bytes, *, kept: bool) -> str:
    """What is wrong with the address of a row; empty if it is right. `kept`: its time to be redacted has not come."""
    if not address:
        return "has lost its address" if commitment and kept else ""
    try:
        holds = address_commitment(address, salt) == commitment
    except (OSError, ValueError):
        holds = False
    return "" if holds else "has another address than it was written with"


# Ed25519, RFC 8032, section 5.1.7. Only public values are handled here, so it need not run in constant time.

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)
Point = tuple[int, int, int, int]  # extended homogeneous coordinates X, Y, Z, T
_NEUTRAL: Point = (0, 1, 1, 0)


def signature_holds(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is that of `message` by the holder of `public_key`."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    a, r, s = _point(public_key), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= _ORDER:
        return False
    challenge = hashlib.sha512(signature[:32] + public_key + message).digest()
    k = int.from_bytes(challenge, "little") % _ORDER
    return _same(_times(s, _BASE), _sum(r, _times(k, a)))


def _sum(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(factor: int, p: Point) -> Point:
    product = _NEUTRAL
    while factor:
        if factor & 1:
            product = _sum(product, p)
        p = _sum(p, p)
        factor >>= 1
    return product


def _same(p: Point, q: Point) -> bool:
    return (p[0] * q[2] - q[0] * p[2]) % _P == 0 and (p[1] * q[2] - q[1] * p[2]) % _P == 0


def _point(encoded: bytes) -> "Point | None":
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_1 % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


_base = _point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))
assert _base is not None
_BASE = _base


# Reading an export


class Unreadable(Exception):
    """The file is no export, or not one that this program reads."""


# What a file that is broken, or was made to break its reader, makes of the parser and of what comes after it.
_BROKEN = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError, EOFError, OSError)
_BROKEN_ZIP = (zlib.error, zipfile.BadZipFile)


class Files:
    """The files of an export, in a zip file or a folder."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = None if path.is_dir() else zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise Unreadable(f"{path} cannot be read: {error}") from error
        self._folder = path

    def open(self, name: str) -> IO[bytes]:
        try:
            return self._zip.open(name) if self._zip else (self._folder / name).open("rb")
        except (OSError, KeyError) as error:
            raise Unreadable(f"{name} is missing from the export.") from error

    def json(self, name: str) -> Any:
        with self.open(name) as file:
            return _parsed(file.read(), name)

    def lines(self, name: str, read: Callable[[bytes], object] = lambda line: None) -> Iterator[Any]:
        """The objects of a file that has one a line; a line at a time is in memory, and given to `read`."""
        with self.open(name) as file:
            for number, line in enumerate(file, start=1):
                read(line)
                yield _parsed(line, f"{name}, line {number}")


def _parsed(text: bytes, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Unreadable(f"{where} is no JSON: {error}") from error


# Checking it


@dataclass
class Signers:
    """The keys of an export, and which of them are trusted: those given and those that they vouch for."""

    public_keys: dict[str, bytes] = field(default_factory=dict)
    trusted: set[str] = field(default_factory=set)
    replaced: dict[str, str] = field(default_factory=dict)  # when another took a key's place

    @classmethod
    def of(cls, introductions: Iterable[dict[str, Any]], given: Iterable[str]) -> "Signers":
        """A new key is signed by itself and by the one before it.

        So a key that was given vouches for the one before it and, from there, backwards; and for the one behind it
        and, from there, onwards. One that was only reached backwards was replaced, and vouches for no other.
        """
        listed = list(introductions)
        public_keys = {fingerprint(key): key for key in (bytes.fromhex(each["public_key"]) for each in listed)}
        signers = cls(public_keys, set(given) or set(public_keys))
        onwards = signers._reached(listed, "previous", "key", "by_previous")
        backwards = signers._reached(list(reversed(listed)), "key", "previous", "by_key")
        signers.trusted = onwards | backwards
        for each in reversed(listed):
            if each["key"] in signers.trusted:
                signers.replaced[each["previous"]] = each["introduced_at"]
        return signers

    def _reached(self, introductions: "list[dict[str, Any]]", from_: str, to: str, by: str) -> "set[str]":
        """The trusted keys and those that they vouch for in one direction."""
        reached = set(self.trusted)
        for each in introductions:
            message = key_message({name: each[name] for name in ("key", "previous", "introduced_at")})
            if each[from_] in reached and each[to] in self.public_keys and self.signed(each[from_], message, each[by]):
                reached.add(each[to])
        return reached

    def signed(self, signer: str, message: bytes, signature: str) -> bool:
        key = self.public_keys.get(signer)
        return key is not None and signature_holds(key, message, bytes.fromhex(signature))

    def fault(self, signer: str, message: bytes, signature: str, at: str) -> str:
        """What is wrong with a signature that was made `at` an instant; empty if it is right."""
        if signer not in self.trusted:
            return f"is signed with the key {signer}, for which no key that was given vouches"
        if signer in self.replaced and at > self.replaced[signer]:
            return f"is signed with the key {signer}, which another had replaced before"
        return "" if self.signed(signer, message, signature) else "has a signature that does not hold"


class ChainCheck:
    """One chain of an export: its seals from the first to the head, and the rows of those that the export covers."""

    def __init__(
        self, files: Files, about: dict[str, Any], manifest: dict[str, Any], signers: Signers, head: str
    ) -> None:
        self.about, self.manifest, self.signers, self.head = about, manifest, signers, head
        self.folder = f"{CHAINS}/{about['chain']}"
        self.files = files
        self.head_found = False
        self.rows = self.left_out = 0
        self._file = hashlib.sha256()
        self._dropped = {record["content"]["month"]: record for record in files.lines(f"{self.folder}/dropped.jsonl")}
        self._months: dict[str, MonthDigest] = {}

    def findings(self) -> Iterator[str]:
        """What does not hold, in the order of the chain."""
        lines = Lines(self.files.lines(f"{self.folder}/rows.jsonl", self._file.update))
        number, position, previous = 0, 0, NO_SEAL
        for sealed in self.files.lines(f"{self.folder}/seals.jsonl"):
            seal = sealed["content"]
            yield from self._place(seal, number + 1, position + 1, previous)
            if self._is_covered(seal):
                yield from self._signature(sealed)
                yield from self._rows_of(seal, lines)
            elif self.manifest["from"] <= seal["latest"] and seal["earliest"] < self.manifest["to"]:
                yield f"seal {seal['number']} has rows of these days, and the export leaves it out"
            number, position, previous = seal["number"], seal["last"], seal_hash(seal)
            self.head_found = self.head_found or previous == self.head
            self._note_month(seal, previous)
            last = sealed
        if number and not self._is_covered(last["content"]):
            yield from self._signature(last)
        yield from self._end(number, previous, lines)

    def file_findings(self) -> Iterator[str]:
        """What does not hold of the file of the rows as a whole, once it was read to its end.

        Each row may stand as it was sealed, and yet one be hidden behind its hash, or an address be taken out.
        """
        if self._file.hexdigest() != self.about["rows_sha256"]:
            yield "its rows are not those that were exported: one was hidden, or an address taken out"

    def _place(self, seal: dict[str, Any], number: int, first: int, previous: str) -> Iterator[str]:
        if seal["chain"] != self.about["chain"]:
            yield f"seal {seal['number']} is of another chain, {seal['chain']}"
        if seal["number"] != number:
            yield f"seal {number} is missing: seal {seal['number']} stands in its place"
        elif seal["previous"] != previous:
            yield f"seal {number} does not follow the one before it: one of the two was changed"
        elif seal["first"] != first:
            yield f"rows {first} to {seal['first'] - 1} are under no seal"

    def _is_covered(self, seal: dict[str, Any]) -> bool:
        return self.about["first"] <= seal["first"] and seal["last"] <= self.about["last"]

    def _signature(self, sealed: dict[str, Any]) -> Iterator[str]:
        seal = sealed["content"]
        if fault := self.signers.fault(seal["key"], seal_message(seal), sealed["signature"], seal["sealed_at"]):
            yield f"seal {seal['number']} {fault}"

    def _rows_of(self, seal: dict[str, Any], lines: "Lines") -> Iterator[str]:
        digest, sound = RowsDigest(), True
        for position in range(seal["first"], seal["last"] + 1):
            for stray in lines.before(position):
                sound = False
                yield f"row {stray} stands behind row {position - 1}: it was added or moved"
            line = lines.at(position)
            faults = list(self._row_faults(line, seal)) if line else ["is not in its place: it was dropped or moved"]
            for fault in faults:
                yield f"row {position} {fault}"
            sound = sound and not faults
            if line:
                digest.add(position, bytes.fromhex(line["hash"]))
        if sound and digest.hex() != seal["rows"]:
            yield f"the hash of one of the rows {seal['first']} to {seal['last']} (seal {seal['number']}) was changed"

    def _row_faults(self, line: dict[str, Any], seal: dict[str, Any]) -> Iterator[str]:
        row = line.get("row")
        if row is None:
            self.left_out += 1
            yield from self._why_left_out(line, seal)
            return
        self.rows += 1
        if row_hash(row, bytes.fromhex(line["salt"])).hex() != line["hash"]:
            yield "was changed"
        elif (row["chain"], row["position"]) != (seal["chain"], line["position"]):
            yield f"is row {row['position']} of the chain {row['chain']}"
        elif not seal["earliest"] <= row["occurred_at"] <= seal["latest"]:
            yield "is of a time that its seal does not have"
        elif fault := self._address_fault(line, row):
            yield fault

    def _why_left_out(self, line: dict[str, Any], seal: dict[str, Any]) -> Iterator[str]:
        if seal["month"] in self._dropped:
            return
        if line.get("was"):
            yield f"was {line['was']} before the export was made, which leaves it out"
        elif self.manifest["complete"]:
            yield "is left out, though the export says that it is complete"

    def _address_fault(self, line: dict[str, Any], row: dict[str, Any]) -> str:
        kept = row["occurred_at"] > self.manifest["addresses_since"]
        salt, commitment = bytes.fromhex(line.get("address_salt", "")), bytes.fromhex(row["ip_commitment"])
        return address_fault(line.get("address", ""), salt, commitment, kept=kept)

    def _note_month(self, seal: dict[str, Any], hashed: str) -> None:
        self._months.setdefault(seal["month"], MonthDigest()).add(hashed)

    def _end(self, number: int, head: str, lines: "Lines") -> Iterator[str]:
        for stray in lines.rest():
            yield f"row {stray} is under no seal of the export: it was added"
        if (number, head) != (self.about["seals"], self.about["head"]):
            yield f"the seals end with number {number}, and not with {self.about['seals']} as the manifest says"
        for month, record in sorted(self._dropped.items()):
            yield from self._dropping(month, record)

    def _dropping(self, month: str, record: dict[str, Any]) -> Iterator[str]:
        content, digest = record["content"], self._months.get(month)
        message, at = dropped_message(content), content["dropped_at"]
        if fault := self.signers.fault(content["key"], message, record["signature"], at):
            yield f"the record of what was dropped of {month} {fault}"
        elif content["chain"] != self.about["chain"] or digest is None or digest.hex() != content["digest"]:
            yield f"the record of what was dropped of {month} is about other seals"


class Lines:
    """The rows of a chain as the export lists them, one line ahead."""

    def __init__(self, lines: Iterator[Any]) -> None:
        self._lines = lines
        self._next: Any = next(lines, None)

    def _take(self) -> dict[str, Any]:
        line: dict[str, Any] = self._next
        self._next = next(self._lines, None)
        return line

    def before(self, position: int) -> Iterator[int]:
        """The positions of lines that stand here and belong further to the front."""
        while self._next and self._next["position"] < position:
            yield self._take()["position"]

    def at(self, position: int) -> "dict[str, Any] | None":
        """The line of a position, if it stands here."""
        return self._take() if self._next and self._next["position"] == position else None

    def rest(self) -> Iterator[int]:
        while self._next:
            yield self._take()["position"]


@dataclass
class Result:
    """What checking an export said."""

    manifest: dict[str, Any]
    findings: list[str]
    rows: int = 0
    left_out: int = 0
    not_sealed_yet: int = 0
    head_found: bool = False


def check(path: Path, keys: Iterable[str] = (), head: str = "") -> Result:
    """Check the export at `path`; stops after MOST_FINDINGS. Raises Unreadable when it is no export."""
    try:
        return _checked(Files(path), [key.strip().lower() for key in keys], head.strip().lower())
    except _BROKEN as error:
        raise Unreadable(f"This is no sound export: {error!r}") from error
    except _BROKEN_ZIP as error:
        raise Unreadable(f"The zip file is broken: {error}") from error


def _checked(files: Files, keys: Iterable[str], head: str) -> Result:
    manifest = files.json(MANIFEST)
    if manifest.get("format") != FORMAT:
        raise Unreadable(f"This program reads format {FORMAT}; the export is of format {manifest.get('format')}.")
    signers = Signers.of(files.json(KEYS), keys)
    result = Result(manifest, [])
    with files.open(SIGNATURE) as file:
        signature = file.read().decode("ascii", "replace").strip()
    if fault := signers.fault(manifest["key"], manifest_message(manifest), signature, manifest["made_at"]):
        result.findings.append(f"the manifest {fault}")
    for about in manifest["chains"]:
        chain = ChainCheck(files, about, manifest, signers, head)
        found = list(islice(chain.findings(), MOST_FINDINGS)) or list(chain.file_findings())
        result.findings += (f"chain {about['chain']}: {finding}" for finding in found)
        result.rows += chain.rows
        result.left_out += chain.left_out
        result.not_sealed_yet += about["not_sealed_yet"]
        result.head_found = result.head_found or chain.head_found
    if head and not result.head_found:
        result.findings.append(f"no seal has the hash {head}: seals were cut off, or it is another chain's")
    return result


def report(result: Result, keys: Iterable[str]) -> Iterator[str]:
    """What a reader is told."""
    manifest = result.manifest
    yield f"Export of the activity log, {manifest['from']} until before {manifest['to']}, made {manifest['made_at']}"
    yield f"by {manifest['made_by']}: {result.rows} rows, {result.left_out} left out and vouched for by their hashes."
    if result.not_sealed_yet:
        yield f"{result.not_sealed_yet} rows of these days were not sealed yet when it was made, and are not in it."
    for finding in result.findings[:MOST_FINDINGS]:
        yield f"WRONG: {finding}."
    if not result.findings:
        yield "Every row stands as it was sealed; none was changed, dropped, added or swapped."
        yield "The head that was given is among its seals." if result.head_found else _HEAD_NOT_GIVEN
    yield f"Signed with the key {manifest['key']}{'' if keys else ': signer not checked, for no key was given'}."


_HEAD_NOT_GIVEN = "No head was given: whether the newest seals were cut off together is not checked."


def main(arguments: "list[str] | None" = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Check an export of the activity log.")
    parser.add_argument("file", type=Path, help="the zip file of the export, or its folder")
    parser.add_argument("--key", action="append", default=[], help="fingerprint of the key of the seals")
    parser.add_argument("--head", default="", help="hash of a seal, as the portal showed or mailed it")
    asked = parser.parse_args(arguments)
    try:
        result = check(asked.file, asked.key, asked.head)
    except Unreadable as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in report(result, asked.key)))
    return 1 if result.findings else 0


if __name__ == "__main__":
    sys.exit(main())
