# One rater against people's means: base R; the mean of a folded normal by numerical integration.
library(jsonlite)

set.seed(20260102)
n <- 240
emotion <- rep(c("happy", "sad", "neutral"), each = n / 3)
people_mean <- round(c(happy = 7.2, sad = 3.1, neutral = 4.9)[emotion] + rnorm(n, 0, .6), 4)
machine <- pmin(pmax(round(people_mean * 1.3 - 1.4 + rnorm(n, 0, .8)), 1), 9)
machine[sample(n, 9)] <- NA
people_mean[sample(n, 4)] <- NA
write.csv(data.frame(emotion, machine, people_mean), "dimensions_pairs.csv", row.names = FALSE, na = "")

both <- !is.na(machine) & !is.na(people_mean)
own <- machine[both]
people <- people_mean[both]
difference <- own - people
group <- emotion[both]

folded <- function(bias, sd) {
  density <- function(x) abs(x) * dnorm(x, bias, sd)
  part <- function(from, to) integrate(density, from, to, rel.tol = 1e-12, subdivisions = 2000L)$value
  list(bias = bias, sd = sd, mae = part(bias - 40 * sd, min(0, bias)) + part(min(0, bias), max(0, bias)) +
    part(max(0, bias), bias + 40 * sd))
}

write_json(
  list(
    n = sum(both), n_excluded = sum(!both),
    r = cor(own, people), mae = mean(abs(difference)), rmse = sqrt(mean(difference^2)),
    bias = mean(difference), sd_difference = sd(difference),
    machine_mean = mean(own), machine_sd = sd(own), people_mean = mean(people), people_sd = sd(people),
    by_emotion = data.frame(
      emotion = sort(unique(group)),
      n = as.vector(table(group)),
      bias = as.vector(tapply(difference, group, mean)),
      sd_difference = as.vector(tapply(difference, group, sd)),
      mae = as.vector(tapply(abs(difference), group, mean)),
      machine_mean = as.vector(tapply(own, group, mean)),
      people_mean = as.vector(tapply(people, group, mean))
    ),
    folded_normal = list(folded(0, 1), folded(-.95, 1.31), folded(2.4, .5), folded(.002, 1.7))
  ),
  "dimensions_expected.json",
  auto_unbox = TRUE, digits = NA, pretty = TRUE
)
