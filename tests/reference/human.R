# People's agreement: alpha by irr, errors by enumerating every pair of ratings, majorities by table().
suppressPackageStartupMessages({
  library(irr)
  library(jsonlite)
})

emotions <- c("happy", "sad", "angry", "fear", "disgust", "neutral", "surprised")

set.seed(20260103)
n_images <- 60
raters <- sprintf("p%02d", 1:15)
images <- sprintf("image%02d", seq_len(n_images))
intended <- setNames(rep(emotions[1:6], length.out = n_images), images)
intended[c(7, 8)] <- NA
# The first image was rated by one person, the second by two, the others by 3 to 15.
n_raters <- c(1, 2, sample(3:15, n_images - 2, replace = TRUE))
pleasant <- c(happy = 7, sad = 3, angry = 3, fear = 4, disgust = 2, neutral = 5)
rows <- lapply(seq_len(n_images), function(i) {
  who <- sort(sample(raters, n_raters[i]))
  centre <- pleasant[rep(emotions[1:6], length.out = n_images)[i]] + rnorm(1, 0, .7)
  seen <- ifelse(runif(length(who)) < .6, rep(emotions[1:6], length.out = n_images)[i], sample(emotions, length(who), TRUE))
  data.frame(
    image_id = images[i], participant_id = who, intended_emotion = intended[[i]], emotion = seen,
    valence = pmin(pmax(round(centre + rnorm(length(who), 0, 1.5)), 1), 9),
    arousal = pmin(pmax(round(4 * (rnorm(1, 0, .3) + rnorm(length(who), 0, .4))), -4), 4) / 4
  )
})
ratings <- do.call(rbind, rows)
for (column in c("emotion", "valence", "arousal")) ratings[sample(nrow(ratings), 20), column] <- NA
ratings <- ratings[sample(nrow(ratings)), ]
write.csv(ratings, "human_ratings.csv", row.names = FALSE, na = "")

raters_by_images <- function(column) {
  cells <- matrix(NA, length(raters), n_images + 1, dimnames = list(raters, c(images, "unrated")))
  cells[cbind(ratings$participant_id, ratings$image_id)] <- column
  cells
}
alpha <- function(column, level) kripp.alpha(raters_by_images(column), level)$value

describe <- function(name) {
  value <- ratings[[name]]
  by_image <- split(value[!is.na(value)], ratings$image_id[!is.na(value)])
  shared <- by_image[lengths(by_image) > 1]
  means <- vapply(by_image, mean, numeric(1))
  left_out <- unlist(lapply(shared, function(v) vapply(seq_along(v), function(i) abs(v[i] - mean(v[-i])), numeric(1))))
  pairs <- unlist(lapply(shared, function(v) as.vector(dist(v))))
  list(
    n_images = length(by_image), n_ratings = sum(!is.na(value)), n_missing = sum(is.na(value)),
    n_single = sum(lengths(by_image) == 1), ratings_min = min(lengths(by_image)),
    ratings_mean = mean(lengths(by_image)), ratings_max = max(lengths(by_image)),
    mean = mean(means), sd = sd(means), rating_sd = sd(value, na.rm = TRUE),
    alpha_ordinal = alpha(value, "ordinal"), alpha_interval = alpha(value, "interval"),
    loo_mae = mean(left_out), pairwise_mae = mean(pairs)
  )
}

seen <- ratings[!is.na(ratings$emotion), ]
by_image <- lapply(split(factor(seen$emotion, emotions), seen$image_id), table)
modes <- lapply(by_image, function(counts) names(counts)[counts == max(counts)])
top_share <- vapply(by_image, function(counts) max(counts) / sum(counts), numeric(1))
wanted <- intended[names(by_image)]
compared <- !is.na(wanted)
credit <- mapply(function(mode, emotion) ifelse(emotion %in% mode, 1 / length(mode), 0), modes[compared], wanted[compared])
judged <- seen[!is.na(seen$intended_emotion), ]
order_of <- function(x) x[emotions[1:6]]
majority <- list(
  n_images = length(by_image), n_ratings = nrow(seen), n_tied = sum(lengths(modes) > 1), modal_share = mean(top_share),
  alpha_nominal = alpha(as.integer(factor(ratings$emotion, emotions)), "nominal"), n_intended = sum(compared),
  intended_share = mean(judged$emotion == judged$intended_emotion), majority_agreement = mean(credit),
  per_emotion = data.frame(
    emotion = emotions[1:6],
    n = as.vector(order_of(tapply(credit, wanted[compared], length))),
    majority_correct = as.vector(order_of(tapply(credit, wanted[compared], sum))),
    majority_agreement = as.vector(order_of(tapply(credit, wanted[compared], mean))),
    modal_share = as.vector(order_of(tapply(top_share[compared], wanted[compared], mean))),
    intended_share = as.vector(order_of(tapply(judged$emotion == judged$intended_emotion, judged$intended_emotion, mean)))
  )
)

by_group <- split(ratings$valence, factor(ratings$intended_emotion, emotions[1:6]))
variation <- data.frame(
  intended_emotion = names(by_group),
  n = vapply(by_group, function(v) sum(!is.na(v)), numeric(1)),
  n_excluded = vapply(by_group, function(v) sum(is.na(v)), numeric(1)),
  distinct = vapply(by_group, function(v) length(unique(v[!is.na(v)])), numeric(1)),
  mean = vapply(by_group, mean, numeric(1), na.rm = TRUE),
  sd = vapply(by_group, sd, numeric(1), na.rm = TRUE),
  row.names = NULL
)

classic <- rbind(
  A = c(1, 2, 3, 3, 2, 1, 4, 1, 2, NA, NA, NA),
  B = c(1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NA, 3),
  C = c(NA, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NA),
  D = c(1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NA)
)
levels_of_measurement <- c("nominal", "ordinal", "interval")
krippendorff_2011 <- c(
  list(ratings = classic),
  setNames(lapply(levels_of_measurement, function(level) kripp.alpha(classic, level)$value), levels_of_measurement)
)

write_json(
  list(
    valence = describe("valence"), arousal = describe("arousal"), majority = majority,
    variation = variation, krippendorff_2011 = krippendorff_2011
  ),
  "human_expected.json",
  auto_unbox = TRUE, digits = NA, pretty = TRUE, na = "null"
)
