"""VLM-as-rater: how close a machine's ratings of facial emotion are to people's, and for whose faces it is wrong."""
