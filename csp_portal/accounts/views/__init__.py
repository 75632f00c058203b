"""Pages without sign-in about people: a forgotten password, and the page on which an invitation is accepted."""
