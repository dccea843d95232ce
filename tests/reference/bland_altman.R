# Bland-Altman analysis and correlations with intervals: base R; the concordance correlation by epiR.
# EPIR: the installed package's folder, where epiR's own dependencies are not installed.
library(jsonlite)
lazyLoad(file.path(Sys.getenv("EPIR", system.file(package = "epiR")), "R/epiR"), epir <- new.env())

pairs <- read.csv("dimensions_pairs.csv")
pairs <- pairs[complete.cases(pairs), ]

analyse <- function(own, people, confidence, agreement) {
  n <- length(own)
  d <- own - people
  tail <- (1 - confidence) / 2
  z <- qnorm((1 + agreement) / 2)
  s <- sd(d)
  limits <- mean(d) + c(-1, 1) * z * s
  se <- s * sqrt(1 / n + z^2 / (2 * (n - 1)))
  half <- qt(1 - tail, n - 1) * se
  k <- qt(c(tail, 1 - tail), n - 1, ncp = z * sqrt(n)) / sqrt(n)
  # Probability that mean -+ k SD holds the content: integrated over the error of the mean.
  holds <- function(k) {
    width <- function(x) {
      uniroot(function(r) pnorm(x + r) - pnorm(x - r) - agreement, c(1e-6, abs(x) + z + 20), tol = 1e-13)$root
    }
    inner <- function(e) vapply(e, function(x) {
      pchisq((n - 1) * width(x / sqrt(n))^2 / k^2, n - 1, lower.tail = FALSE) * dnorm(x)
    }, numeric(1))
    2 * integrate(inner, 0, 9, rel.tol = 1e-11, subdivisions = 500L)$value
  }
  pair <- vapply(c(tail, 1 - tail), function(p) uniroot(function(k) holds(k) - p, c(z / 5, z * 8), tol = 1e-12)$root,
                 numeric(1))
  test <- t.test(own, people, paired = TRUE, conf.level = confidence)$conf.int
  line <- lm(d ~ I((own + people) / 2))
  slope <- summary(line)$coefficients[2, ]
  ends <- confint(line, level = confidence)[2, ]
  r <- cor.test(own, people, conf.level = confidence)
  rho <- cor(rank(own), rank(people))
  rho_ends <- tanh(atanh(rho) + c(-1, 1) * qnorm(1 - tail) * sqrt((1 + rho^2 / 2) / (n - 3)))
  ccc <- epir$epi.ccc(own, people, ci = "z-transform", conf.level = confidence)$rho.c
  list(
    confidence = confidence, agreement = agreement,
    bland_altman = list(
      n = n, bias = mean(d), bias_low = test[1], bias_high = test[2], sd_difference = s,
      loa_lower = limits[1], loa_upper = limits[2],
      loa_lower_low = mean(d) - k[2] * s, loa_lower_high = mean(d) - k[1] * s,
      loa_upper_low = mean(d) + k[1] * s, loa_upper_high = mean(d) + k[2] * s,
      loa_lower_approximate_low = limits[1] - half, loa_lower_approximate_high = limits[1] + half,
      loa_upper_approximate_low = limits[2] - half, loa_upper_approximate_high = limits[2] + half,
      loa_lower_pair_low = mean(d) - pair[2] * s, loa_lower_pair_high = mean(d) - pair[1] * s,
      loa_upper_pair_low = mean(d) + pair[1] * s, loa_upper_pair_high = mean(d) + pair[2] * s,
      inside = mean(d >= limits[1] & d <= limits[2]),
      proportional_slope = slope[[1]], proportional_se = slope[[2]],
      proportional_low = ends[[1]], proportional_high = ends[[2]], proportional_p = slope[[4]]
    ),
    correlations = list(
      n = n, r = r$estimate[[1]], r_low = r$conf.int[1], r_high = r$conf.int[2],
      rho = rho, rho_low = rho_ends[1], rho_high = rho_ends[2],
      ccc = ccc$est, ccc_low = ccc$lower, ccc_high = ccc$upper
    )
  )
}

few <- seq(1, nrow(pairs), by = 20)
sad <- pairs$emotion == "sad"
write_json(
  list(
    all = analyse(pairs$machine, pairs$people_mean, .95, .95),
    few = c(list(rows = few - 1), analyse(pairs$machine[few], pairs$people_mean[few], .9, .95)),
    sad = analyse(pairs$machine[sad], pairs$people_mean[sad], .99, .9)
  ),
  "bland_altman_expected.json",
  auto_unbox = TRUE, digits = NA, pretty = TRUE
)
