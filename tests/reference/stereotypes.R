# Reference values for variation, stereotyping, thinking tokens, paired accuracies and calibration. Base R and jsonlite.
# Writes stereotypes_images.csv and stereotypes_ratings.csv (inputs) and stereotypes_expected.json.
suppressPackageStartupMessages(library(jsonlite))
set.seed(20260305)

# Ragged: 40 happy, 25 sad, 12 angry images and one neutral one; 1 to 6 ratings; machine answers missing; ties.
emotion <- rep(c("happy", "sad", "angry", "neutral"), c(40, 25, 12, 1))
n <- length(emotion)
centre <- c(happy = 7, sad = 3.5, angry = 3, neutral = 5)[emotion]
images <- data.frame(
  image_id = sprintf("i%02d", sample(n)), emotion = emotion, identity = sprintf("p%02d", (seq_len(n) - 1) %% 13),
  machine = pmin(9, pmax(1, round(5 + 1.6 * (centre - 5) + rnorm(n, sd = 0.9)))),
  network = round(pmin(9, pmax(1, centre + rnorm(n, sd = 0.7))), 3),
  label = ifelse(runif(n) < 0.75, emotion, sample(c("happy", "sad", "angry"), n, TRUE)),
  second = ifelse(runif(n) < 0.6, emotion, "neutral"),
  tokens = round(exp(rnorm(n, log(900), 0.3))), fold = (seq_len(n) * 7) %% 5)
images$machine[c(3, 50)] <- NA
images$machine[images$label == "angry"] <- 2  # constant within a label
images$label[2] <- "fear"  # no other image has it: nothing to train on
images$tokens[c(5, 60)] <- NA
ratings <- do.call(rbind, lapply(seq_len(n), function(i) data.frame(
  image_id = images$image_id[i], participant_id = sprintf("r%02d", sample(30, m <- sample(1:6, 1))),
  valence = pmin(9, pmax(1, round(centre[i] + rnorm(m, sd = 1.3)))))))
ratings$valence[7] <- NA
write.csv(images, "stereotypes_images.csv", row.names = FALSE, na = "", quote = FALSE)
write.csv(ratings, "stereotypes_ratings.csv", row.names = FALSE, na = "", quote = FALSE)

known <- ratings[!is.na(ratings$valence), ]
images$people_mean <- tapply(known$valence, known$image_id, mean)[images$image_id]
entropy <- function(x) { p <- table(x[!is.na(x)]) / sum(!is.na(x)); -sum(p * log2(p)) }
by_emotion <- function(x, f) as.list(sapply(split(x, images$emotion), f))

# Pooled SD within emotions: the residual SD of an analysis of variance
both <- images[!is.na(images$machine) & !is.na(images$people_mean), ]
within <- function(x) summary(lm(x ~ emotion, both))$sigma
# One person: every way to draw one rating an image, emotion by emotion, for a fixture small enough to enumerate
small <- both[both$emotion %in% c("sad", "angry"), ]
small <- do.call(rbind, lapply(split(small, small$emotion), head, 5))
drawn <- sapply(split(small, small$emotion), function(own) {
  lists <- split(known$valence, known$image_id)[own$image_id]
  mean(apply(expand.grid(lists), 1, var))
})
sizes <- table(small$emotion)
person_small <- sqrt(sum(drawn * (sizes - 1)) / sum(sizes - 1))
formula_person <- function(own) {
  parts <- lapply(split(own, own$emotion), function(e) {
    lists <- split(known$valence, known$image_id)[e$image_id]
    if (nrow(e) < 2) return(c(0, 0))
    c((nrow(e) - 1) * (var(e$people_mean) + mean(sapply(lists, function(v) mean((v - mean(v))^2)))), nrow(e) - 1)
  })
  total <- Reduce(`+`, parts)
  sqrt(total[1] / total[2])
}
means <- aggregate(cbind(machine, people_mean) ~ emotion, both, mean)

# Cross-validated lines by label
calibrated <- label_mean <- rep(NA, nrow(both))
method <- rep("", nrow(both))
for (i in seq_len(nrow(both))) {
  train <- both[both$fold != both$fold[i], ]
  own <- train[train$label == both$label[i], ]
  all <- predict(lm(people_mean ~ machine, train), both[i, ])
  if (nrow(own) >= 3 && length(unique(own$machine)) > 1) {
    calibrated[i] <- predict(lm(people_mean ~ machine, own), both[i, ]); method[i] <- "line"
  } else if (nrow(own) > 0) { calibrated[i] <- mean(own$people_mean); method[i] <- "mean"
  } else { calibrated[i] <- all; method[i] <- "overall" }
  label_mean[i] <- if (nrow(own) > 0) mean(own$people_mean) else mean(train$people_mean)
}
calibrated <- pmin(9, pmax(1, calibrated))

# Newcombe's method 10 from Wilson intervals of prop.test
newcombe <- function(a, b, c, d) {
  n <- a + b + c + d
  first <- prop.test(a + b, n, correct = FALSE)$conf.int; second <- prop.test(a + c, n, correct = FALSE)$conf.int
  p1 <- (a + b) / n; p2 <- (a + c) / n
  bottom <- (a + b) * (c + d) * (a + c) * (b + d)
  top <- a * d - b * c
  if (top > 0) top <- max(top - n / 2, 0)
  phi <- if (bottom > 0) top / sqrt(bottom) else 0
  part <- function(x, y) sqrt(x^2 - 2 * phi * x * y + y^2)
  c(p1 - p2 - part(p1 - first[1], second[2] - p2), p1 - p2 + part(first[2] - p1, p2 - second[1]))
}
right <- images$label == images$emotion; other <- images$second == images$emotion
cells <- c(sum(right & other), sum(right & !other), sum(!right & other), sum(!right & !other))
tables <- list(cells, c(36, 12, 2, 0), c(10, 0, 0, 0), c(3, 4, 0, 9), c(100, 5, 1, 60))

tokens <- images[!is.na(images$tokens), ]
rated <- tokens[!is.na(tokens$people_mean), ]
spread <- round(tapply(known$valence, known$image_id, sd)[rated$image_id], 10)  # ties despite rounding errors
write_json(list(
  entropy_machine = by_emotion(images$machine, entropy),
  entropy_network = by_emotion(round(images$network), entropy),
  steps_network = by_emotion(images$network, function(x) length(unique(round(x)))),
  within_sd = within(both$machine), means_within_sd = within(both$people_mean), person_within_sd = formula_person(both),
  person_small = person_small, person_small_images = small$image_id,
  polarity = unname(coef(lm(machine ~ people_mean, means))[2]), sd_ratio = sd(both$machine) / sd(both$people_mean),
  n = nrow(both), n_excluded = n - nrow(both),
  calibrated = calibrated, label_mean = label_mean, method = method, calibrated_images = both$image_id,
  mae_after = mean(abs(calibrated - both$people_mean)), mae_before = mean(abs(both$machine - both$people_mean)),
  r_after = cor(calibrated, both$people_mean),
  newcombe = lapply(tables, function(t) list(cells = t, ends = do.call(newcombe, as.list(t)),
    p = if (t[2] + t[3] > 0) binom.test(t[2], t[2] + t[3])$p.value else 1)),
  tokens = list(mean = as.list(tapply(tokens$tokens, tokens$emotion, mean)), sd = as.list(tapply(tokens$tokens, tokens$emotion, sd)),
    n = as.list(tapply(tokens$tokens, tokens$emotion, length))),
  spearman = cor(rated$tokens, spread, method = "spearman", use = "complete.obs"), spearman_n = sum(!is.na(spread))
), "stereotypes_expected.json", auto_unbox = TRUE, digits = NA, pretty = TRUE, na = "null")
