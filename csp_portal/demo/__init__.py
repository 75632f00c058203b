"""Demo data: true products, made-up people, and a history that the services themselves have made."""
