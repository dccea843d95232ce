# A machine's right answers (0/1) beside the share of 50 people who are right: paired t test, base R.
suppressPackageStartupMessages(library(jsonlite))
set.seed(20261122)
case <- function(n, gain, level) {
  chance <- rbeta(n, 4, 2)
  person <- rbinom(n, 50, chance) / 50
  right <- rbinom(n, 1, pmin(pmax(chance + gain, 0), 1))
  test <- t.test(right, person, paired = TRUE, conf.level = level)
  list(
    right = right, person = person, level = level, accuracy = mean(right), share = mean(person),
    difference = unname(test$estimate), se = unname(test$stderr), low = test$conf.int[1], high = test$conf.int[2],
    t = unname(test$statistic), p = test$p.value
  )
}
write_json(
  list(case(144, .1, .95), case(60, -.2, .9), case(12, 0, .99)),
  "beside_person_expected.json", auto_unbox = TRUE, digits = NA
)
