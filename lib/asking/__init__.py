"""Running many questions: order, concurrency, retries, budget, progress."""
