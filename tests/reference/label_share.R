# What ratings add beyond the label: nested linear models, base R.
library(jsonlite)
set.seed(61122)
n <- 60
label <- rep(c("angry", "happy", "neutral", "sad"), each = n / 4)
people <- round(c(angry = 6.5, happy = 6, neutral = 2.5, sad = 4)[label] + rnorm(n, 0, .8), 3)
label_only <- c(angry = 8, happy = 7, neutral = 2, sad = 3)[label]
full <- round(label_only + .5 * (people - ave(people, label)) + rnorm(n, 0, .7))
reference <- round(people + rnorm(n, 0, 3), 2)
by_rating <- anova(lm(people ~ label_only), lm(people ~ label_only + full))
by_label <- anova(lm(people ~ label), lm(people ~ label + full))
r2 <- function(model) summary(model)$r.squared
r <- c(cor(people, full), cor(people, label_only), cor(people, reference))
increment <- r2(lm(people ~ label_only + full)) - r2(lm(people ~ label_only))
write_json(
  list(
    label = label, people = people, label_only = label_only, full = full, reference = reference, r = r,
    share = (r[2] - r[3]) / (r[1] - r[3]), increment = increment, common = 1 - increment / r[1]^2,
    increment_p = by_rating[["Pr(>F)"]][2],
    within = r2(lm(people ~ label + full)) - r2(lm(people ~ label)), within_p = by_label[["Pr(>F)"]][2]
  ),
  "label_share_expected.json", auto_unbox = TRUE, digits = NA, pretty = TRUE
)
