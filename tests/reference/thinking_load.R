# Thinking and error within images: fixed effects of images with standard errors clustered by image; base R.
library(jsonlite)
set.seed(121122)
n_images <- 12
image <- rep(sprintf("i%02d", 1:n_images), each = 4)
tokens <- round(exp(rnorm(48, 6, .5)))
error <- round(.5 * rep(rnorm(n_images), each = 4) - .3 * log2(tokens + 1) + rnorm(48, 0, .5), 3)
x <- log2(tokens + 1)
fit <- lm(error ~ x + factor(image))
within <- residuals(lm(x ~ factor(image)))
scores <- tapply(within * residuals(fit), image, sum)
n <- length(error)
factor <- n_images / (n_images - 1) * (n - 1) / (n - n_images - 1)
se <- sqrt(factor * sum(scores^2)) / sum(within^2)
slope <- unname(coef(fit)["x"])
ranks <- function(v) ave(v, image, FUN = function(part) rank(part) - mean(rank(part)))
write_json(
  list(
    image_id = image, tokens = tokens, error = error, slope = slope, se = se,
    low = slope - qt(.95, n_images - 1) * se, high = slope + qt(.95, n_images - 1) * se, rank = cor(ranks(x), ranks(error))
  ),
  "thinking_load_expected.json", auto_unbox = TRUE, digits = NA, pretty = TRUE
)
