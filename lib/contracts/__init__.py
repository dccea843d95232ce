"""What goes in: study, conditions, images, ratings, predictions. Knows nothing of backends, metrics or pages."""
