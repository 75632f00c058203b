"""Pages of a customer's overview, catalogue, cart and orders."""
