"""How fast and how large the portal is, measured beside the least that it could be; `make bench`, docs/bench.md."""

PEERS_DATABASE = "bench_peers"  # of `bench.peers`, which has settings of its own
