# Agreement of labels with intended emotions: kappa by psych, F1 by caret, Wilson intervals by prop.test.
suppressPackageStartupMessages({
  library(psych)
  library(caret)
  library(jsonlite)
})

emotions <- c("happy", "sad", "angry", "fear", "disgust", "neutral")
labels <- c(emotions, "unanswered")

set.seed(20260101)
n <- 360
intended <- rep(emotions, times = c(70, 50, 60, 60, 40, 80))
group <- sample(c("Black", "Caucasian", "Korean"), n, replace = TRUE)
# A rater who is often right, takes sad for neutral, never answers disgust, sometimes nothing or "surprised".
answer <- function(emotion) {
  if (emotion == "disgust") {
    return(sample(c("angry", "sad", NA), 1, prob = c(.7, .2, .1)))
  }
  if (emotion == "sad") {
    return(sample(c("sad", "neutral", "surprised"), 1, prob = c(.3, .6, .1)))
  }
  other <- setdiff(emotions, c(emotion, "disgust"))
  sample(c(emotion, other, NA, "surprised"), 1, prob = c(.7, rep(.05, length(other)), .05, .05))
}
predicted <- vapply(intended, answer, character(1), USE.NAMES = FALSE)
write.csv(data.frame(intended, predicted, group), "categories_labels.csv", row.names = FALSE, na = "")

scored <- ifelse(predicted %in% emotions, predicted, "unanswered")
truth <- factor(intended, levels = labels)
given <- factor(scored, levels = labels)
table_of_counts <- table(truth, given)
kappa <- cohen.kappa(table_of_counts)$kappa
by_class <- confusionMatrix(given, truth)$byClass[seq_along(emotions), c("Precision", "Recall", "F1")]
f1 <- by_class[, "F1"]
f1[is.na(f1)] <- 0 # never predicted correctly: 2 TP / (2 TP + FP + FN) = 0

wilson <- function(correct, asked) {
  interval <- suppressWarnings(prop.test(correct, asked, correct = FALSE))$conf.int
  list(correct = correct, n = asked, low = interval[1], high = interval[2])
}
by_group <- lapply(sort(unique(group)), function(name) {
  hit <- (scored == intended)[group == name]
  c(list(group = name), wilson(sum(hit), length(hit)))
})

write_json(
  list(
    n = n,
    n_answered = sum(scored != "unanswered"),
    correct = sum(scored == intended),
    accuracy = mean(scored == intended),
    kappa = kappa,
    macro_f1 = mean(f1),
    per_emotion = data.frame(
      emotion = emotions, precision = by_class[, "Precision"], recall = by_class[, "Recall"], f1 = f1, row.names = NULL
    ),
    confusion = unclass(table_of_counts)[seq_along(emotions), ],
    by_group = by_group,
    wilson = list(wilson(0, 12), wilson(12, 12), wilson(1, 240), wilson(997, 1440))
  ),
  "categories_expected.json",
  auto_unbox = TRUE, digits = NA, pretty = TRUE, na = "null"
)
