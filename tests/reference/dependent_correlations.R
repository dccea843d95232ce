# Differences of two correlations that share a variable: cocor 1.1-4 (set COCOR to the folder of an unpacked cocor) and
# psych::r.test, whose test of three variables is Williams' t.
suppressPackageStartupMessages({library(jsonlite); library(psych); library(methods)})
for (file in sort(list.files(file.path(Sys.getenv("COCOR"), "R"), full.names = TRUE))) source(file)

one <- function(r_first, r_second, r_between, n, level) {
  all <- cocor.dep.groups.overlap(r_first, r_second, r_between, n, conf.level = level)
  williams <- r.test(n = n, r12 = r_first, r13 = r_second, r23 = r_between)
  list(
    r_first = r_first, r_second = r_second, r_between = r_between, n = n, confidence = level,
    t_williams = all@williams1959$statistic, p_williams = all@williams1959$p.value,
    psych_t = williams$t, psych_p = williams$p,
    z_steiger = all@steiger1980$statistic, p_steiger = all@steiger1980$p.value,
    z_meng = all@meng1992$statistic, p_meng = all@meng1992$p.value,
    low = all@zou2007$conf.int[1], high = all@zou2007$conf.int[2]
  )
}
set.seed(1980)
shared <- rnorm(80)
ratings <- data.frame(people = shared, first = shared + rnorm(80, 0, .8), second = .4 * shared + rnorm(80))
r <- cor(ratings)
write_json(
  list(
    cases = list(
      one(.4, .5, .1, 103, .95), one(.63, .61, .7, 1440, .95), one(.9, .2, .1, 25, .9), one(-.3, .3, -.5, 60, .95),
      one(.85, .8, .97, 1440, .99), one(.95, .2, 0, 12, .95)
    ),
    ratings = ratings, of_ratings = one(r["people", "first"], r["people", "second"], r["first", "second"], 80, .95)
  ),
  "dependent_correlations_expected.json", auto_unbox = TRUE, digits = NA, pretty = TRUE
)
