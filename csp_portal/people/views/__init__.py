"""Pages of people, by what is done there."""
