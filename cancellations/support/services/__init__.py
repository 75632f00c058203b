"""What is done with a support request: filing, talking, triage, deciding."""
