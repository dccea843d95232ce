"""The twin: simulated ratings and predictions whose recomputed figures come out as published, until the real data are there."""
