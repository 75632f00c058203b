"""The outbox: a mail is written in the transaction of its cause and sent by Celery afterwards (X5)."""
