"""What every endpoint of the REST API shares (X3): the wire format of the Partner Center REST API v1."""
