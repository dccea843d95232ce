"""The twin: simulated ratings and predictions whose recomputed figures come out as published; a stand-in for data."""
