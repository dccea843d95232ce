# Agreement of raters: kappa and intraclass correlations by psych, McNemar and exact tests by base R, the rest by the
# formulas of the papers, written out.
suppressPackageStartupMessages({
  library(psych)
  library(jsonlite)
})

set.seed(20260110)

# --- intraclass correlations ------------------------------------------------------------------------------------
icc_rows <- function(scores, alpha = .05) {
  found <- suppressWarnings(ICC(scores, lmer = FALSE, alpha = alpha))
  rows <- found$results
  names(rows) <- c("type", "icc", "f", "df1", "df2", "p", "low", "high")
  rows$type <- c("icc1_1", "icc2_1", "icc3_1", "icc1_k", "icc2_k", "icc3_k")
  rows
}
shrout_fleiss <- matrix(
  c(9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7), ncol = 4, byrow = TRUE
)
images <- 30
complete <- outer(rnorm(images, 5, 1.2), rnorm(5, 0, .8), "+") + matrix(rnorm(images * 5, 0, 1), images)
complete <- round(complete, 2)
gaps <- complete
gaps[cbind(c(2, 9, 9, 17), c(1, 3, 4, 3))] <- NA

# one-way, unequal numbers of ratings, images with a single one among them
ragged_n <- c(1, 1, 2, 7, 3, 4, 5, 2, 6, 3, 8, 2)
ragged <- data.frame(image = rep(seq_along(ragged_n), ragged_n))
ragged$value <- round(rnorm(12, 5, 1.5)[ragged$image] + rnorm(nrow(ragged)), 2)
one_way <- function(frame, k) {
  rows <- anova(aov(value ~ factor(image), frame))
  b <- rows[1, 3]; w <- rows[2, 3]; df1 <- rows[1, 1]; df2 <- rows[2, 1]
  n <- as.numeric(table(frame$image))
  n0 <- (sum(n) - sum(n^2) / sum(n)) / (length(n) - 1)
  value <- (b - w) / (b + (n0 - 1) * w)
  harmonic <- 1 / mean(1 / n)
  ratio <- harmonic * var(tapply(frame$value, frame$image, mean)) / w
  bound <- function(f) (f - 1) / (f - 1 + harmonic)
  low <- bound(ratio / qf(.975, df1, df2)); high <- bound(ratio / qf(.025, df1, df2))
  mean_of <- function(x) k * x / (1 + (k - 1) * x)
  list(f = rows[1, 4], df1 = df1, df2 = df2, p = rows[1, 5], single = c(value, low, high), mean = mean_of(c(value, low, high)), k = k)
}

icc <- list(
  shrout_fleiss = list(scores = shrout_fleiss, rows = icc_rows(shrout_fleiss), rows_90 = icc_rows(shrout_fleiss, .1)),
  complete = list(scores = complete, rows = icc_rows(complete)),
  drop_images = icc_rows(gaps[complete.cases(gaps), ]),
  drop_raters = icc_rows(gaps[, colSums(is.na(gaps)) == 0]),
  gaps = list(row = c(2, 9, 9, 17), column = c(1, 3, 4, 3)),
  ragged = list(image = ragged$image, value = ragged$value, found = one_way(ragged, mean(ragged_n)))
)

write_json(list(icc = icc), "agreement_expected.json", auto_unbox = TRUE, digits = NA, pretty = FALSE, na = "null")
