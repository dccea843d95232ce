# Spread within categories: residual SD and eta squared of a one-way analysis of variance, base R.
library(jsonlite)
set.seed(20261122)
category <- rep(c("happy", "sad", "fear"), c(7, 5, 9))
value <- round(c(happy = 7, sad = 3, fear = 4)[category] + rnorm(21, 0, 1.2))
fit <- lm(value ~ category)
squares <- anova(fit)[["Sum Sq"]]
write_json(
  list(category = category, value = value, within_sd = sigma(fit), eta_squared = squares[1] / sum(squares)),
  "within_category_expected.json", auto_unbox = TRUE, digits = NA, pretty = TRUE
)
