"""Facial-expression-recognition models, in this process: what they take, give, and mean to a study."""
