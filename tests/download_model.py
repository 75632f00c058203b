"""The rules of counting once more, as plainly as possible, for one link and a file of ten bytes (K3 to K8).

Written from the spec, not from the code, to be compared with it: no query, no lock, no clock of its own.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

SIZE = 10  # bytes
LIMIT = 3  # downloads, so that a short history reaches it


@dataclass
class Session:
    """A download that was counted."""

    grant: int
    started: datetime
    end: str = ""
    released: bool = False
    removed: bool = False  # and counted on
    sent: int = 0
    had: set[int] = field(default_factory=set)  # bytes of the file that were sent
    running: list[tuple[int, int]] = field(default_factory=list)  # transfers, each by its first byte and length

    def is_overdue(self, now: datetime) -> bool:
        """Nothing was sent in 15 minutes, and nothing is on its way."""
        late = now >= self.started + timedelta(minutes=15)
        return late and not self.sent and not self.running and not self.released


@dataclass
class Link:
    """A link and all that was started with it. What it answers is the code of a refusal, or empty."""

    expires: datetime
    grant: int = 1
    used: int = 0
    address: int = 1
    revoked: bool = False
    sessions: list[Session] = field(default_factory=list)
    attempts: dict[str, Session] = field(default_factory=dict)

    def start(self, now: datetime, address: int, attempt: str) -> str:
        """A POST to one of its addresses."""
        if address != self.address:
            return "link_replaced"
        if attempt in self.attempts:
            return ""
        if self.revoked:
            return "link_revoked"
        if now >= self.expires:
            return "link_expired"
        if self.used >= LIMIT:
            return "link_used_up"
        self.used += 1
        self.sessions.append(Session(self.grant, now))
        if attempt:
            self.attempts[attempt] = self.sessions[-1]
        return ""

    def request(self, now: datetime, session: Session, first: int, length: int) -> str:
        """A GET of `length` bytes in a session."""
        if session.is_overdue(now):
            self.release(session, "nothing_sent")
        if not session.end and now >= session.started + timedelta(hours=24):
            session.end = "over"
        if session.end:
            told = {"over": "session_over", "revoked": "link_revoked", "fault": "session_fault"}
            return told.get(session.end, session.end)
        session.running.append((first, length))
        return ""

    def finish(self, session: Session, sent: int) -> None:
        """The oldest transfer of a session ends after `sent` bytes."""
        first, _length = session.running.pop(0)
        session.sent += sent
        session.had |= set(range(first, first + sent))

    def fault(self, session: Session) -> None:
        """Something of ours failed."""
        if session.released or len(session.had) == SIZE:
            return
        if session.running:
            session.end = session.end or "fault"
        else:
            self.release(session, "fault")

    def release(self, session: Session, why: str) -> None:
        """Give its count back."""
        session.released = True
        session.end = session.end or why
        if session.grant == self.grant:
            self.used -= 1

    def renew(self, now: datetime, seen: int, *, replace: bool) -> str:
        """Renew, from a page that showed the grant `seen`."""
        if self.revoked:
            return "link_stays_revoked"
        if seen > self.grant:
            return "grant_unknown"
        if seen == self.grant:
            self.grant += 1
            self.used = 0
            self.expires = now + timedelta(days=14)
            self.address += replace
        return ""

    def revoke(self) -> None:
        """Revoke it, and what was started with it."""
        self.revoked = True
        for session in self.sessions:
            session.end = session.end or "revoked"

    def release_job(self, now: datetime) -> None:
        """The job that gives back what nothing was sent of, or what has failed."""
        for session in self.sessions:
            if session.is_overdue(now):
                self.release(session, "nothing_sent")
            failed = session.end == "fault" and not session.running and len(session.had) < SIZE
            if failed and not session.released:
                self.release(session, "fault")

    def close_job(self, now: datetime) -> None:
        """The job that closes sessions."""
        for session in self.sessions:
            if now >= session.started + timedelta(hours=24):
                session.end = session.end or "over"

    def remove_job(self, now: datetime) -> None:
        """The job that removes sessions 13 months after their start; in no history one is near that age."""
        for session in self.sessions:
            failed = session.end == "fault" and len(session.had) < SIZE
            to_give_back = not session.released and (not session.sent or failed)
            if session.end and not session.running and not to_give_back:
                session.removed = now - session.started > timedelta(days=397)
        self.attempts = {attempt: session for attempt, session in self.attempts.items() if not session.removed}

    @property
    def counted(self) -> int:
        """How many downloads count, under all grants."""
        return sum(not session.released for session in self.sessions)
