"""Windows to cancel that are open: the list, the calendar's address, the weekly mail (C10)."""
