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

# --- kappa -------------------------------------------------------------------------------------------------------
# Fleiss, Cohen & Everitt (1969), written out; w are agreement weights.
fce <- function(counts, w) {
  n <- sum(counts); p <- counts / n; r <- rowSums(p); s <- colSums(p)
  po <- sum(w * p); pe <- sum(w * outer(r, s)); k <- (po - pe) / (1 - pe)
  bar <- outer(as.vector(w %*% s), as.vector(t(w) %*% r), "+")
  se <- sqrt((sum(p * (w * (1 - pe) - bar * (1 - po))^2) - (po * pe - 2 * pe + po)^2) / (n * (1 - pe)^4))
  se0 <- sqrt((sum(outer(r, s) * (w - bar)^2) - pe^2) / (n * (1 - pe)^2))
  list(n = n, value = k, se = se, se_null = se0, z = k / se0, p = 2 * pnorm(-abs(k / se0)))
}
weights_of <- function(size) {
  distance <- abs(outer(1:size, 1:size, "-")) / (size - 1)
  list(none = diag(size), linear = 1 - distance, quadratic = 1 - distance^2)
}
by_psych <- function(counts, kind) {
  found <- cohen.kappa(counts, w = weights_of(nrow(counts))[[kind]], alpha = .05)
  plain <- kind == "none"
  row <- found$confid[if (plain) 1 else 2, ]
  list(
    value = if (plain) found$kappa else found$weighted.kappa,
    se = sqrt(if (plain) found$var.kappa else found$var.weighted), low = row[["lower"]], high = row[["upper"]]
  )
}
labels <- read.csv("categories_labels.csv", na.strings = "")
categories <- c("happy", "sad", "angry", "fear", "disgust", "neutral", "unanswered")
scored <- ifelse(labels$predicted %in% categories, labels$predicted, "unanswered")
intended_table <- unclass(table(factor(labels$intended, categories), factor(scored, categories)))
first <- sample(1:9, 250, TRUE, prob = c(1, 3, 5, 6, 5, 4, 3, 2, 0))
second <- pmin(pmax(first + sample(-3:4, 250, TRUE), 1), 9)
scale_table <- unclass(table(factor(first, 1:9), factor(second, 1:9)))
# Cohen (1968), table 1: 200 patients, three diagnoses (also the example of psych::cohen.kappa and Fleiss et al., 1969).
fleiss_cohen_everitt <- matrix(c(106, 10, 4, 22, 28, 10, 2, 12, 6), ncol = 3, byrow = TRUE)
small <- matrix(c(20, 5, 10, 15), 2, byrow = TRUE)
kappas <- lapply(
  list(intended = intended_table, scale = scale_table, three = fleiss_cohen_everitt, two = small),
  function(counts) {
    counts <- matrix(as.numeric(counts), nrow(counts))
    kinds <- c("none", "linear", "quadratic")
    list(
      table = counts,
      formula = sapply(kinds, function(kind) fce(counts, weights_of(nrow(counts))[[kind]]), simplify = FALSE),
      psych = sapply(kinds, function(kind) by_psych(counts, kind), simplify = FALSE)
    )
  }
)

# --- McNemar -----------------------------------------------------------------------------------------------------
right <- rbind(
  a = rbinom(400, 1, .9), b = rbinom(400, 1, .86), c = rbinom(400, 1, .6), d = c(rep(1, 399), 0), e = NA, f = NA
)
right["e", ] <- right["a", ]
right["f", ] <- ifelse(runif(400) < .97, right["a", ], 1 - right["a", ])
right["b", 1:7] <- NA
names_of <- rownames(right)
pairs <- combn(names_of, 2)
mcnemar_rows <- apply(pairs, 2, function(pair) {
  known <- !is.na(right[pair[1], ]) & !is.na(right[pair[2], ])
  cells <- table(factor(right[pair[1], known], 0:1), factor(right[pair[2], known], 0:1))
  only_a <- cells["1", "0"]; only_b <- cells["0", "1"]
  test <- mcnemar.test(cells, correct = TRUE)
  list(
    rater_a = pair[1], rater_b = pair[2], n = sum(cells), both_right = cells["1", "1"], b = only_a, c = only_b,
    p_exact = if (only_a + only_b > 0) binom.test(only_a, only_a + only_b)$p.value else 1,
    chi2_corrected = unname(test$statistic), p_corrected = test$p.value
  )
})
exact <- sapply(mcnemar_rows, `[[`, "p_exact")
mcnemar <- list(
  raters = names_of, right = right, rows = mcnemar_rows,
  adjusted = list(fdr_bh = p.adjust(exact, "BH"), holm = p.adjust(exact, "holm"), bonferroni = p.adjust(exact, "bonferroni"))
)

# --- Fleiss ------------------------------------------------------------------------------------------------------
# Fleiss (1971), table 1: 30 patients, six psychiatrists each, five diagnoses.
psychiatrists <- matrix(c(
  0,0,0,6,0, 0,3,0,0,3, 0,1,4,0,1, 0,0,0,0,6, 0,3,0,3,0, 2,0,4,0,0, 0,0,4,0,2, 2,0,3,1,0, 2,0,0,4,0, 0,0,0,0,6,
  1,0,0,5,0, 1,1,0,4,0, 0,3,3,0,0, 1,0,0,5,0, 0,2,0,3,1, 0,0,5,0,1, 3,0,0,1,2, 5,1,0,0,0, 0,2,0,4,0, 1,0,2,0,3,
  0,0,0,0,6, 0,1,0,5,0, 0,2,0,1,3, 2,0,0,4,0, 1,0,0,4,1, 0,5,0,1,0, 4,0,0,0,2, 0,2,0,4,0, 1,0,5,0,0, 0,0,0,0,6
), ncol = 5, byrow = TRUE)
fleiss <- function(counts) {
  m <- rowSums(counts); n <- nrow(counts)
  share <- colMeans(counts / m); q <- 1 - share
  agree <- rowSums(counts * (counts - 1)) / (m * (m - 1))
  pe <- sum(share^2); value <- (mean(agree) - pe) / (1 - pe)
  # Gwet (2021): each image's kappa, less what its labels add to the agreement expected by chance
  star <- (agree - pe) / (1 - pe) - 2 * (1 - value) * (as.vector((counts / m) %*% share) - pe) / (1 - pe)
  se <- sqrt(sum((star - value)^2) / (n * (n - 1)))
  null <- if (length(unique(m)) > 1) NA else
    sqrt(2) / (sum(share * q) * sqrt(n * m[1] * (m[1] - 1))) * sqrt(sum(share * q)^2 - sum(share * q * (q - share)))
  list(value = value, se = se, se_null = null, z = value / null, p = 2 * pnorm(-abs(value / null)))
}
uneven <- psychiatrists
uneven[3, ] <- c(0, 1, 1, 0, 0)
uneven[8, ] <- c(2, 0, 1, 0, 0)

write_json(
  list(
    icc = icc, kappa = kappas, mcnemar = mcnemar,
    fleiss = list(equal = list(counts = psychiatrists, found = fleiss(psychiatrists)), uneven = list(counts = uneven, found = fleiss(uneven)))
  ), "agreement_expected.json", auto_unbox = TRUE, digits = NA, pretty = FALSE, na = "null"
)
