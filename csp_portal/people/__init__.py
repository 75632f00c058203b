"""The pages on which a side keeps its users: whoever is invited, given roles, switched off."""
