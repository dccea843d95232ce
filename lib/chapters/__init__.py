"""What the chapters of the results share: a study's answers as tidy frames, scores, records, claims."""
