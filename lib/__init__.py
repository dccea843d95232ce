"""VLM-as-rater: how close are a machine's ratings of the emotion in a face to people's, and for whose faces is it wrong."""
