"""What the operator loads from files: prices, builds, keys and tax rates (M6 to M8), by command and admin alike."""
