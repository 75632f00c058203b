"""Each service of the portal with one way to call it and the rows that it writes; `test_every_service_records` runs
them (A3, K2).
"""
