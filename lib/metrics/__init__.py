"""The statistics: tidy frames in, tidy frames or frozen results out; nothing here reads or writes a file."""
