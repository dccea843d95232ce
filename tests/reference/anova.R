# Nested-model F tests and factorial analyses of variance: anova() and car::Anova() on four designs.
suppressMessages(library(car))
library(jsonlite)

set.seed(20260305)
make <- function(counts) {
  cells <- expand.grid(race = c("Black", "Caucasian", "Korean"), gender = c("Man", "Woman"),
                       emotion = c("angry", "happy", "sad"), stringsAsFactors = FALSE)
  d <- cells[rep(seq_len(nrow(cells)), counts(nrow(cells))), ]
  shift <- c(angry = -1, happy = 1, sad = 0)[d$emotion] + c(Black = -.4, Caucasian = .1, Korean = .3)[d$race] +
    ifelse(d$gender == "Man" & d$emotion == "angry", -.5, .1)
  d$bias <- round(shift + rnorm(nrow(d), 0, .9), 3)
  rownames(d) <- NULL
  d
}
complete <- make(function(k) rep(4, k))
unbalanced <- make(function(k) sample(2:7, k, replace = TRUE))
missing <- unbalanced
missing$bias[sample(nrow(missing), 8)] <- NA
empty <- unbalanced[!(unbalanced$race == "Korean" & unbalanced$gender == "Woman" & unbalanced$emotion != "angry") &
                      !(unbalanced$race == "Black" & unbalanced$emotion == "sad"), ]
single <- make(function(k) rep(1, k))
designs <- list(complete = complete, unbalanced = unbalanced, missing = missing, empty = empty, single = single)
data <- do.call(rbind, lapply(names(designs), function(name) cbind(design = name, designs[[name]])))
write.csv(data, "anova_bias.csv", row.names = FALSE, na = "")

row <- function(ss, df, df_residual, f, p, d, rss) {
  y <- d$bias[!is.na(d$bias)]
  total <- sum((y - mean(y))^2)
  list(df = df, df_residual = df_residual, sum_of_squares = ss, f = f, p = p, eta_squared = ss / total,
       partial_eta_squared = ss / (ss + rss), n = length(y))
}
compare <- function(d, smaller, larger) {
  m <- lm(larger, d)
  a <- anova(lm(smaller, d), m)
  row(a$`Sum of Sq`[2], a$Df[2], a$Res.Df[2], a$F[2], a$`Pr(>F)`[2], d, sum(resid(m)^2))
}
table_of <- function(a, d) {
  n <- nrow(a)
  keep <- setdiff(seq_len(n), c(n, which(rownames(a) == "(Intercept)")))
  setNames(lapply(keep, function(i) row(a$`Sum Sq`[i], a$Df[i], a$Df[n], a[i, grep("^F", names(a))], a$`Pr(>F)`[i], d,
                                        a$`Sum Sq`[n])), rownames(a)[keep])
}
contrasts_sum <- list(race = contr.sum, gender = contr.sum, emotion = contr.sum)
expected <- lapply(designs, function(d) {
  out <- list(
    main = compare(d, bias ~ emotion, bias ~ race + emotion),
    interaction = compare(d, bias ~ race + emotion, bias ~ race * emotion),
    three = compare(d, bias ~ race * gender, bias ~ race * gender + emotion),
    type1 = table_of(anova(lm(bias ~ race * gender, d)), d),
    type2 = table_of(Anova(lm(bias ~ race * gender, d), type = 2), d),
    type1_emotion = table_of(anova(lm(bias ~ race * emotion, d)), d),
    type2_emotion = table_of(Anova(lm(bias ~ race * emotion, d), type = 2, singular.ok = TRUE), d)
  )
  full <- lm(bias ~ race * gender, d, contrasts = contrasts_sum[1:2])
  if (!any(is.na(coef(full)))) out$type3 <- table_of(Anova(full, type = 3), d)
  out
})
write_json(expected, "anova_expected.json", auto_unbox = TRUE, digits = NA, pretty = TRUE)
