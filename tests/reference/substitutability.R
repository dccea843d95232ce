# Leave-one-out z-scores by enumerating every rater of every image: base R.
library(jsonlite)

ratings <- read.csv("human_ratings.csv")
set.seed(20260104)
images <- sort(unique(ratings$image_id))
machine <- data.frame(
  image_id = images,
  valence = round(runif(length(images), 1, 9)),
  arousal = round(runif(length(images), -1, 1), 2)
)
machine$valence[c(5, 17)] <- NA
write.csv(machine, "substitutability_machine.csv", row.names = FALSE, na = "")

one_image <- function(dimension, image) {
  x <- ratings[ratings$image_id == image, dimension]
  x <- x[!is.na(x)]
  own <- machine[machine$image_id == image, dimension]
  scores <- lapply(seq_along(x), function(k) {
    panel <- x[-k]
    if (length(panel) < 3 || sd(panel) == 0) return(NULL)
    abs(c((own - mean(panel)) / sd(panel), (x[k] - mean(panel)) / sd(panel)))
  })
  kept <- do.call(rbind, scores)
  if (is.null(kept) || is.na(own)) return(NULL)
  inside <- kept <= qnorm(.975)
  data.frame(
    image_id = image, machine_z = mean(kept[, 1]), people_z = mean(kept[, 2]),
    machine_inside = mean(inside[, 1]), people_inside = mean(inside[, 2]),
    n_panels = nrow(kept), n_panels_excluded = length(x) - nrow(kept)
  )
}

describe <- function(dimension) {
  found <- do.call(rbind, lapply(images, function(image) one_image(dimension, image)))
  list(
    images = found, n = nrow(found), machine = mean(found$machine_z), people = mean(found$people_z),
    difference = mean(found$machine_z) - mean(found$people_z), ratio = mean(found$machine_z) / mean(found$people_z),
    inside = mean(found$machine_inside), people_inside = mean(found$people_inside)
  )
}

write_json(
  list(valence = describe("valence"), arousal = describe("arousal")),
  "substitutability_expected.json",
  auto_unbox = TRUE, digits = NA, pretty = TRUE, dataframe = "columns"
)
