"""Figures of the paper: tidy frames in, plotnine plots out; nothing here reads or writes a file."""
