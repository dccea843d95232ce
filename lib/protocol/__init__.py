"""How a question is put and an answer is read: templates, strategies, keys, parsing; nothing of servers or files."""
