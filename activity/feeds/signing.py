"""How a webhook is signed: by Standard Webhooks (standardwebhooks.com), HMAC-SHA256. Pure: no Django."""

import base64
import hashlib
import hmac

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


def signed_headers(message_id: str, timestamp: int, body: bytes, secret: bytes) -> dict[str, str]:
    """The three headers by which a receiver knows that `body` is ours, new, and not seen before."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    return {ID: message_id, TIMESTAMP: str(timestamp), SIGNATURE: f"v1,{signature}"}
