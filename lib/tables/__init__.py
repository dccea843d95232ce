"""Tables of the paper: tidy frames of scores in, great_tables out; nothing here reads or writes a file."""
