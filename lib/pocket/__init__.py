"""The pocket rater: a small vision-language model that the project makes itself, from faces that it draws itself."""
