"""What the sections of the results are made of: a study's answers as tidy frames, what is recorded and claimed of them.

`<theme>.py` computes frames from metrics, `records*.py` puts their figures under keys, `claims_*.py` makes words and
numbers for the text, and the rest says what is not there. `lib.sections` joins them, one section a theme.
"""
