"""Sections of the results: each computes the tables of one theme and records its numbers.

Notebooks and `rater analyze` call the same sections, so that a number has one way to come about.
"""
