"""Sections of the results: each computes all tables of one theme and records its numbers; notebooks and `rater analyze` call the same."""
