# Hits and false alarms of two groups, identities as units: covariances of their rates, qnorm, numericDeriv; base R.
library(jsonlite)
set.seed(81122)
emotions <- c("angry", "happy", "sad")
faces <- expand.grid(intended = emotions, place = 1:2, identity = 1:14, stringsAsFactors = FALSE)
faces$level <- ifelse(faces$identity <= 8, "A", "B")
lean <- rep(rnorm(14, 0, .6), each = 6)
chance <- plogis(ifelse(faces$intended == "angry", .9, -1.6) + lean + ifelse(faces$level == "A", .8, 0))
faces$named <- rbinom(nrow(faces), 1, chance)
faces$predicted <- ifelse(faces$named == 1, "angry", ifelse(faces$intended == "sad", "sad", "happy"))
shown <- faces$intended == "angry"

rates <- function(level) {
  own <- faces[faces$level == level, ]
  by <- function(rows) as.vector(tapply(rows$named, rows$identity, mean))
  list(hits = by(own[own$intended == "angry", ]), alarms = by(own[own$intended != "angry", ]),
       n = sum(own$intended == "angry"), m = sum(own$intended != "angry"))
}
one <- rates("A")
other <- rates("B")
formula <- list(
  hits = quote(H + 0), false_alarms = quote(F + 0), named = quote((H + 2 * F) / 3),
  sensitivity = quote(qnorm((H * n + .5) / (n + 1)) - qnorm((F * m + .5) / (m + 1))),
  criterion = quote(-(qnorm((H * n + .5) / (n + 1)) + qnorm((F * m + .5) / (m + 1))) / 2)
)
detection <- function(side, name) {
  at <- list(H = mean(side$hits), F = mean(side$alarms), n = side$n, m = side$m)
  gradient <- attr(numericDeriv(formula[[name]], c("H", "F"), list2env(at), central = TRUE), "gradient")[1, ]
  spread <- cov(cbind(side$hits, side$alarms)) / length(side$hits)
  h <- (at$H * at$n + .5) / (at$n + 1)
  f <- (at$F * at$m + .5) / (at$m + 1)
  list(value = eval(formula[[name]], at), clustered = drop(t(gradient) %*% spread %*% gradient),
       independent = sum(gradient^2 * c(h * (1 - h) / at$n, f * (1 - f) / at$m)))
}
detected <- function(name) {
  first <- detection(one, name)
  second <- detection(other, name)
  clustered <- first$clustered + second$clustered
  list(first = first$value, second = second$value, se = sqrt(max(clustered, first$independent + second$independent)),
       clustered = sqrt(clustered))
}
found <- sapply(names(formula), detected, simplify = FALSE)
named <- function(side) (side$hits + 2 * side$alarms) / 3
stopifnot(all.equal(found$hits$clustered, t.test(one$hits, other$hits)$stderr))
stopifnot(all.equal(found$false_alarms$clustered, t.test(one$alarms, other$alarms)$stderr))
stopifnot(all.equal(found$named$clustered, t.test(named(one), named(other))$stderr))
stopifnot(found$hits$se == found$hits$clustered, found$sensitivity$se > found$sensitivity$clustered) # both rules occur
df <- length(one$hits) + length(other$hits) - 2
found <- lapply(found, function(part) {
  gap <- part$first - part$second
  c(part, list(low = gap - qt(.95, df) * part$se, high = gap + qt(.95, df) * part$se, p = 2 * pt(-abs(gap) / part$se, df)))
})
write_json(list(labels = faces[c("intended", "predicted", "level", "identity")], figures = found),
           "attribution_expected.json", auto_unbox = TRUE, digits = NA, pretty = FALSE, dataframe = "columns")
