# Gains of thinking beside tokens: lm with a constant for each emotion, its sandwich clustered by identity; base R.
library(jsonlite)
set.seed(141122)
identity <- rep(sprintf("p%02d", 1:15), each = 4)
emotion <- rep(c("angry", "happy", "sad", "happy"), 15)
tokens <- round(exp(rnorm(60, 6, .5)))
gain <- round(rep(rnorm(15, 0, .4), each = 4) + .2 * log2(tokens + 1) + (emotion == "sad") + rnorm(60, 0, .5), 3)
x <- log2(tokens + 1)
clustered <- function(fit, name) {
  design <- model.matrix(fit)
  bread <- solve(crossprod(design))
  scores <- rowsum(design * residuals(fit), identity)
  units <- 15
  n <- length(gain)
  factor <- units / (units - 1) * (n - 1) / (n - ncol(design))
  se <- sqrt(diag(factor * bread %*% crossprod(scores) %*% bread))[[name]]
  value <- coef(fit)[[name]]
  half <- qt(.95, units - 1) * se
  c(value, value - half, value + half, 2 * pt(-abs(value) / se, units - 1))
}
write_json(
  list(
    unit = identity, category = emotion, tokens = tokens, gain = gain,
    gain_figures = clustered(lm(gain ~ 1), "(Intercept)"), slope_figures = clustered(lm(gain ~ x + emotion), "x")
  ),
  "thinking_gain_expected.json", auto_unbox = TRUE, digits = NA, pretty = TRUE
)
