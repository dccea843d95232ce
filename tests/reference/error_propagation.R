# Ratings after a right and a wrong first answer: regression through the origin, base R.
library(jsonlite)
set.seed(21122)
labels <- c("angry", "happy", "sad")
right <- rep(labels, each = 8)
wrong <- labels[c(rep(c(2, 3), 4), rep(c(1, 3), 4), rep(c(1, 2), 4))]
typical <- c(angry = 2, happy = 8, sad = 3)
rating_right <- round(typical[right] + rnorm(24))
rating_wrong <- round(rating_right + .6 * (typical[wrong] - typical[right]) + rnorm(24, 0, .5))
means <- tapply(rating_right, right, mean)
distance <- as.vector(means[wrong] - means[right])
shift <- as.vector(rating_wrong - rating_right)
slope <- function(own) unname(coef(lm(shift[own] ~ 0 + distance[own])))
write_json(
  list(
    right = right, wrong = wrong, rating_right = as.vector(rating_right), rating_wrong = as.vector(rating_wrong),
    shift = mean(shift), distance = mean(abs(distance)), toward = mean(shift * distance > 0),
    followed = slope(rep(TRUE, 24)), followed_by = sapply(labels, function(one) slope(wrong == one)),
    shift_by = as.vector(tapply(shift, wrong, mean))
  ),
  "error_propagation_expected.json", auto_unbox = TRUE, digits = NA, pretty = TRUE
)
