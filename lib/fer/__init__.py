"""Facial-expression-recognition models, in this process: what they take, what they give, and what it means to a study."""
