"""Vision-language models in this process: loading, families, prefixes shared by the steps, and what goes on inside."""
