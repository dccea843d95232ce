"""The store of raw answers: append-only lines, addressed by what was asked, and the predictions made of them."""
