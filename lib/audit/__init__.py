"""Tests of printed statistics that need no data: whether these numbers, as rounded, can all be true of one data set."""
