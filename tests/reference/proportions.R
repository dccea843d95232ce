# Shares between groups: chisq.test (with and without Yates), fisher.test, prop.test; logistic regressions by anova(glm).
library(jsonlite)

tables <- list(
  two = list(x = c(412, 388), n = c(480, 480)), two_small = list(x = c(3, 9), n = c(12, 11)),
  three = list(x = c(418, 431, 399), n = c(480, 480, 480)), three_rare = list(x = c(0, 4, 1), n = c(40, 40, 38)),
  uneven = list(x = c(7, 3, 12), n = c(19, 30, 25)), six = list(x = c(2, 0, 5, 1, 0, 3), n = c(9, 8, 9, 7, 9, 8)),
  yates_large_gap = list(x = c(10, 10), n = c(20, 20))
)
shares <- lapply(tables, function(t) {
  m <- rbind(t$x, t$n - t$x)
  plain <- suppressWarnings(chisq.test(m, correct = FALSE))
  yates <- suppressWarnings(chisq.test(m, correct = TRUE))
  list(
    x = t$x, n = t$n, chi2 = unname(plain$statistic), df = unname(plain$parameter), p_chi2 = plain$p.value,
    chi2_yates = if (length(t$x) == 2) unname(yates$statistic) else NULL,
    p_yates = if (length(t$x) == 2) yates$p.value else NULL,
    cramers_v = sqrt(unname(plain$statistic) / sum(m)), smallest_expected = min(plain$expected),
    p_fisher = fisher.test(m, workspace = 2e7)$p.value,
    wilson = t(mapply(function(x, n) suppressWarnings(prop.test(x, n, conf.level = .9, correct = FALSE))$conf.int, t$x, t$n))
  )
})

set.seed(20260306)
d <- expand.grid(race = c("Black", "Caucasian", "Korean"), gender = c("Man", "Woman"),
                 emotion = c("angry", "fear", "happy", "sad"), copy = 1:12, stringsAsFactors = FALSE)
logit <- c(angry = -.2, fear = .8, happy = 40, sad = -1.4)[d$emotion] + c(Black = .5, Caucasian = 0, Korean = -.4)[d$race] +
  ifelse(d$race == "Black" & d$emotion == "angry", .9, 0)
d$correct <- as.integer(runif(nrow(d)) < plogis(logit))
d$correct[d$race == "Korean" & d$emotion == "sad"] <- 0L
d <- d[!(d$race == "Caucasian" & d$gender == "Woman" & d$emotion == "fear"), ]
d$correct[c(5, 60)] <- NA
write.csv(d[c("race", "gender", "emotion", "correct")], "proportions_labels.csv", row.names = FALSE, na = "")
options(warn = -1)
compare <- function(d, smaller, larger) {
  control <- glm.control(epsilon = 1e-14, maxit = 100)
  a <- anova(glm(smaller, binomial, d, control = control), glm(larger, binomial, d, control = control), test = "Chisq")
  list(chi2 = a$Deviance[2], df = a$Df[2], p = a$`Pr(>Chi)`[2])
}
models <- function(d) list(
  race = compare(d, correct ~ 1, correct ~ race),
  race_emotion = compare(d, correct ~ emotion, correct ~ race + emotion),
  race_by_emotion = compare(d, correct ~ race + emotion, correct ~ race * emotion),
  race_by_gender = compare(d, correct ~ race + gender, correct ~ race * gender),
  three = compare(d, correct ~ gender + emotion + race, correct ~ race * gender + gender * emotion)
)
logistic <- list(all = models(d), without_happy = models(d[d$emotion != "happy", ]))
write_json(list(shares = shares, logistic = logistic), "proportions_expected.json", auto_unbox = TRUE, digits = NA,
           pretty = TRUE)
