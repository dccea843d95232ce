"""What a local model did inside while it answered: attention, probabilities, hidden states, kept and read back."""
