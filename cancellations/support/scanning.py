"""The seam of a virus scanner: ClamAV's protocol, by its address in CLAMAV_ADDRESS; without one nothing is scanned."""

import logging
from typing import BinaryIO

from clamav_client.clamd import ClamdError, ClamdNetworkSocket, ClamdUnixSocket
from django.conf import settings

from cancellations.support import reasons
from csp_portal.errors import Refusal

TIMEOUT = 60  # seconds for each answer of the scanner

logger = logging.getLogger(__name__)


def scan(file: BinaryIO, name: str) -> None:
    """Have the scanner look at a file; leaves it at its beginning.

    Raises Refusal if it finds something, and if it does not say that it found nothing: no file passes unseen.
    """
    if not settings.CLAMAV_ADDRESS:
        return
    file.seek(0)
    try:
        state, finding = _scanner().instream(file)["stream"]
    except (ClamdError, OSError, ValueError, KeyError, AttributeError) as error:  # the last: an answer cut short
        logger.error("The virus scanner at %s did not answer: %s", settings.CLAMAV_ADDRESS, error)
        raise Refusal(reasons.SCANNER_SILENT, file=name) from error
    finally:
        file.seek(0)
    if state == "FOUND":
        raise Refusal(reasons.VIRUS_FOUND, file=name, finding=finding or "?")
    if state != "OK":
        logger.error("The virus scanner at %s failed: %s", settings.CLAMAV_ADDRESS, finding)
        raise Refusal(reasons.SCANNER_SILENT, file=name)


def _scanner() -> ClamdNetworkSocket | ClamdUnixSocket:
    host, colon, port = settings.CLAMAV_ADDRESS.rpartition(":")
    if colon and port.isdigit():
        return ClamdNetworkSocket(host, int(port), TIMEOUT)
    return ClamdUnixSocket(settings.CLAMAV_ADDRESS, TIMEOUT)
