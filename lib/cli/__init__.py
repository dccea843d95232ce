"""The command line `rater`: plain verbs, one file a verb."""
