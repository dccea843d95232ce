"""Image sets: what is in them, other people's sets, and faces made from photographs."""
