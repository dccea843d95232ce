# Correlations within categories: of residuals, and of ranks within categories; base R.
library(jsonlite)
set.seed(51122)
category <- rep(c("fear", "happy", "sad"), c(12, 12, 12))
people <- round(c(fear = 4, happy = 7, sad = 3)[category] + rnorm(36), 2)
values <- round(c(fear = 5, happy = 8, sad = 2)[category] + .6 * (people - ave(people, category)) + rnorm(36, 0, .8), 1)
centred <- function(x) x - ave(x, category)
ranks <- function(x) centred(ave(x, category, FUN = rank))
each <- function(method) sapply(unique(category), function(one) {
  own <- category == one
  cor(values[own], people[own], method = method)
})
write_json(
  list(
    category = category, people = people, values = values,
    r = cor(residuals(lm(values ~ category)), residuals(lm(people ~ category))), rho = cor(ranks(values), ranks(people)),
    r_each = as.vector(each("pearson")), rho_each = as.vector(each("spearman"))
  ),
  "within_tracking_expected.json", auto_unbox = TRUE, digits = NA, pretty = TRUE
)
