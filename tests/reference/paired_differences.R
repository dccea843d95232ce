# Paired differences: shapiro.test, t.test, wilcox.test (exact without ties below 50, else normal with continuity), p.adjust.
library(jsonlite)

set.seed(20260307)
integers <- function(n, shift, sd) round(5 + rnorm(n, shift, sd)) - round(5 + rnorm(n, 0, .6), 2)
samples <- list(
  normal = round(rnorm(60, .4, 1), 4), skewed = round(rexp(80) - .6, 4), small_untied = round(rexp(24)^2 - .3, 5),
  tied = integers(240, .3, 1.4), zeros = c(rep(0, 12), round(rexp(40) * 2) - 1), one_sided = round(rexp(30)^3 + .1, 4),
  null_shift = round(rt(120, 2), 3)
)
rows <- do.call(rbind, lapply(names(samples), function(name) data.frame(sample = name, difference = samples[[name]])))
write.csv(rows, "paired_differences.csv", row.names = FALSE)
samples <- split(read.csv("paired_differences.csv")$difference, factor(rows$sample, names(samples)))
expected <- lapply(samples, function(d) {
  s <- shapiro.test(d)
  t <- t.test(d, conf.level = .9)
  w <- suppressWarnings(wilcox.test(d))
  plain <- suppressWarnings(wilcox.test(d, exact = FALSE, correct = FALSE))
  list(n = length(d), shapiro_w = unname(s$statistic), shapiro_p = s$p.value, t = unname(t$statistic), t_p = t$p.value,
       low = t$conf.int[1], high = t$conf.int[2], v = unname(w$statistic), w_p = w$p.value, plain_p = plain$p.value,
       dz = mean(d) / sd(d), bias = mean(d), sd_difference = sd(d))
})
p <- sapply(expected, function(e) if (e$shapiro_p >= .05) e$t_p else e$w_p)
write_json(list(samples = expected, p = unname(p), bonferroni = unname(p.adjust(p, "bonferroni")),
                fdr_bh = unname(p.adjust(p, "BH"))), "paired_differences_expected.json", auto_unbox = TRUE, digits = NA, pretty = TRUE)
