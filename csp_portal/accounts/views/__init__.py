"""Pages about people: a side's users, their invitations, and the page on which an invitation is accepted."""
