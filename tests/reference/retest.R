# Repeats of the same questions: base R and psych.
suppressPackageStartupMessages({library(jsonlite); library(psych)})
ratings <- matrix(c(5, 5, 5, 3, 4, 5, 7, 7, 6, 2, 2, 2, 8, 9, 8, 5, 4, 5), ncol = 3, byrow = TRUE)
labels <- c(rep("a", 3), rep("b", 3))
variance <- apply(ratings, 1, var)
same <- apply(ratings, 1, function(x) length(unique(x)) == 1)
pairs <- apply(ratings, 1, function(x) mean(combn(x, 2, function(p) p[1] == p[2])))
icc <- suppressMessages(ICC(ratings, lmer = FALSE)$results)
interval <- function(x, n, level = .95) as.numeric(binom.test(x, n, conf.level = level)$conf.int)
write_json(
  list(
    ratings = ratings, groups = labels,
    identical = mean(same), interval = interval(sum(same), length(same)), pairwise = mean(pairs),
    within_sd = sqrt(mean(variance)), mean_sd = mean(sqrt(variance)),
    within_sd_by = as.vector(sqrt(tapply(variance, labels, mean))),
    icc2_1 = icc$ICC[2], icc2_k = icc$ICC[5], fifty = interval(50, 50), forty_nine = interval(49, 50, .9)
  ),
  "retest_expected.json", auto_unbox = TRUE, digits = NA, pretty = TRUE
)
