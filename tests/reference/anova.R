# Nested-model F tests and factorial analyses of variance: anova() and car::Anova() on four designs; split plots by aov().
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

# Units with several images: groups tested between identities, groups x emotion against identity x emotion (split plot).
set.seed(20260306)
make_units <- function(sizes, images = function(k) rep(1, k)) {
  units <- data.frame(race = rep(c("Black", "Caucasian", "Korean"), sizes))
  units$identity <- sprintf("%s%02d", substr(units$race, 1, 1), seq_len(nrow(units)))
  units$own <- rnorm(nrow(units), 0, .8)
  d <- merge(units, data.frame(emotion = c("angry", "fear", "happy", "sad")))
  d <- d[rep(seq_len(nrow(d)), images(nrow(d))), ]
  d$bias <- round(d$own + c(angry = -1, fear = 0, happy = 1, sad = .2)[d$emotion] +
                    ifelse(d$race == "Korean", .5, 0) + rnorm(nrow(d), 0, .7), 3)
  rownames(d) <- NULL
  d[c("race", "identity", "emotion", "bias")]
}
balanced <- make_units(c(6, 6, 6))
unequal <- make_units(c(4, 9, 6))
lacking <- unequal
lacking$bias[c(3, 30, 31, 50)] <- NA
lacking <- lacking[-70, ]
several <- make_units(c(5, 5, 7), function(k) sample(1:3, k, replace = TRUE))
right <- unequal
right$bias <- as.numeric(right$bias > .2)
unit_designs <- list(balanced = balanced, unequal = unequal, lacking = lacking, several = several, right = right)
write.csv(do.call(rbind, lapply(names(unit_designs), function(name) cbind(design = name, unit_designs[[name]]))),
          "anova_units.csv", row.names = FALSE, na = "")

test <- function(f, df_residual, p, units, excluded) {
  list(f_units = f, df_residual_units = df_residual, p_units = p, n_units = units, n_units_excluded = excluded)
}
of_units <- function(d) {
  all_units <- length(unique(d$identity))
  images <- aggregate(bias ~ race + identity, d, mean)  # all of a unit's images alike
  cells <- aggregate(bias ~ race + identity + emotion, d, mean)
  seen <- table(cells$identity)
  cells <- cells[cells$identity %in% names(seen)[seen == length(unique(cells$emotion))], ]
  n <- length(unique(cells$identity))
  cells$identity <- factor(cells$identity)
  s <- summary(aov(bias ~ race * emotion + Error(identity / emotion), cells))
  between <- s[["Error: identity"]][[1]]
  within <- s[["Error: identity:emotion"]][[1]]
  place <- grep("race:emotion", rownames(within))
  nested <- anova(lm(bias ~ identity + emotion, cells), lm(bias ~ identity + emotion + race:emotion, cells))
  stopifnot(all.equal(nested$F[2], within$`F value`[place]))
  plain <- summary(aov(bias ~ race, images))[[1]]
  list(
    main = test(between$`F value`[1], between$Df[2], between$`Pr(>F)`[1], n, all_units - n),
    interaction = test(within$`F value`[place], tail(within$Df, 1), within$`Pr(>F)`[place], n, all_units - n),
    images = test(plain$`F value`[1], plain$Df[2], plain$`Pr(>F)`[1], nrow(images), all_units - nrow(images))
  )
}
write_json(lapply(unit_designs, of_units), "anova_units_expected.json", auto_unbox = TRUE, digits = NA, pretty = TRUE)
