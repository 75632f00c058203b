"""What is done with feeds: tokens of collectors, webhooks (A6)."""
