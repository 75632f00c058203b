"""The page of rules with its calculator: every figure on it is computed by the code that it explains."""
