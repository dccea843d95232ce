# Mixed models with Satterthwaite degrees of freedom: lme4, lmerTest, emmeans. One and two random intercepts on a
# complete design, a balanced incomplete one, a ragged one, empty cells, missing values, one-rating images, singular fits.
suppressMessages({library(lme4); library(lmerTest); library(emmeans); library(jsonlite)})
emm_options(lmer.df = "satterthwaite", lmerTest.limit = 1e6, pbkrtest.limit = 0)
options(warn = -1)
tight <- lmerControl(optimizer = "nloptwrap", optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-12, xtol_rel = 0, ftol_rel = 1e-15, maxeval = 5000))
set.seed(20260303)

# --- faces: rater_type x emotion x race x gender, people's ratings and one machine ------------------------------------
emotions <- c("angry", "happy", "neutral")
faces <- expand.grid(identity = 1:4, gender = c("Man", "Woman"), race = c("Black", "Caucasian", "Korean"), emotion = emotions,
  stringsAsFactors = FALSE)
faces$image_id <- sprintf("i%03d", seq_len(nrow(faces)))
centre <- c(angry = 3.2, happy = 7, neutral = 5)
shift <- c(angry = -1, happy = 1.2, neutral = .4)
faces$true <- centre[faces$emotion] + rnorm(nrow(faces), 0, .6)
faces$machine <- faces$true + shift[faces$emotion] - .3 * (faces$gender == "Woman") + .4 * (faces$race == "Korean") +
  rnorm(nrow(faces), 0, .5)
long <- function(counts, sd = 1.4) {
  rows <- faces[rep(seq_len(nrow(faces)), counts), ]
  human <- data.frame(rows[c("image_id", "emotion", "race", "gender")], rater_type = "human",
    rating = rows$true + rnorm(nrow(rows), 0, sd))
  machine <- data.frame(faces[c("image_id", "emotion", "race", "gender")], rater_type = "machine", rating = faces$machine)
  rbind(human, machine)
}
means <- aggregate(rating ~ image_id + emotion + race + gender + rater_type, long(rep(8, nrow(faces))), mean)
ragged <- long(sample(1:9, nrow(faces), replace = TRUE))
ragged$rating[sample(nrow(ragged), 12)] <- NA
empty <- subset(ragged, !(emotion == "angry" & race == "Korean") & !(rater_type == "machine" & emotion == "neutral" & race == "Black"))
single <- subset(ragged, !(image_id %in% faces$image_id[1:9] & rater_type == "machine"))
single <- single[!(single$image_id %in% faces$image_id[1:9] & duplicated(single$image_id)), ]
flat <- within(means, rating <- centre[emotion] + rep(c(-.8, .8), length.out = nrow(means)) * (-1)^(rater_type == "machine") +
  rnorm(nrow(means), 0, .05))
designs <- list(complete = means, ragged = ragged, empty_cells = empty, one_rating = single, singular = flat)
write.csv(do.call(rbind, lapply(names(designs), function(name) data.frame(design = name, designs[[name]]))),
  "mixed_faces.csv", row.names = FALSE, na = "")

rename <- function(names) {
  for (factor in c("rater_type", "emotion", "race", "gender")) names <- gsub(paste0("(^|:)", factor, "([^:]+)"), paste0("\\1", factor, "[\\2]"), names)
  names
}
describe <- function(model, contrasts = list()) {
  table <- coef(summary(model))
  anova_table <- if (length(attr(terms(model), "term.labels"))) anova(model, type = 3) else NULL
  list(
    n = nobs(model), reml = REMLcrit(model), singular = isSingular(model, tol = 1e-4),
    variances = setNames(as.list(as.data.frame(VarCorr(model))$vcov), as.data.frame(VarCorr(model))$grp),
    dropped = rename(names(attr(getME(model, "X"), "col.dropped"))),
    coefficients = data.frame(term = rename(rownames(table)), estimate = table[, 1], se = table[, 2], df = table[, 3],
      t = table[, 4], p = table[, 5], row.names = NULL),
    terms = if (is.null(anova_table)) list() else data.frame(term = rownames(anova_table), df = anova_table$NumDF, df_residual = anova_table$DenDF,
      f = anova_table$`F value`, p = anova_table$`Pr(>F)`),
    differences = contrasts
  )
}
bias <- function(model, by) {
  means <- emmeans(model, as.formula(paste("~ rater_type |", by)), data = model@frame)
  table <- as.data.frame(summary(contrast(means, list(bias = c(-1, 1))), infer = TRUE))
  data.frame(level = as.character(table[[by]]), estimate = table$estimate, se = table$SE, df = table$df, t = table$t.ratio,
    p = table$p.value, low = table$lower.CL, high = table$upper.CL)
}
one <- list()
for (name in names(designs)) for (model in c("emotion", "race", "full")) {
  formula <- switch(model, emotion = rating ~ rater_type * emotion + (1 | image_id), race = rating ~ rater_type * race + (1 | image_id),
    full = rating ~ rater_type * emotion * race * gender + (1 | image_id))
  fit <- lmer(formula, designs[[name]], control = tight)
  differences <- if (model == "full") list() else list(bias(fit, model))
  one[[paste(name, model, sep = "_")]] <- describe(fit, differences)
}

# --- people: two crossed random intercepts -----------------------------------------------------------------------------
crossed <- function(pairs, participant_sd, image_sd, sd = 1) {
  images <- unique(pairs$image_id); people <- unique(pairs$participant_id)
  i <- setNames(rnorm(length(images), 0, image_sd), images); p <- setNames(rnorm(length(people), 0, participant_sd), people)
  pairs$emotion <- emotions[as.integer(substr(pairs$image_id, 2, 4)) %% 3 + 1]
  pairs$rating <- centre[pairs$emotion] + i[pairs$image_id] + p[pairs$participant_id] + rnorm(nrow(pairs), 0, sd)
  pairs
}
every <- function(images, people) expand.grid(image_id = sprintf("i%03d", seq_len(images)), participant_id = sprintf("p%03d", seq_len(people)), stringsAsFactors = FALSE)
balanced <- subset(every(30, 60), (as.integer(substr(image_id, 2, 4)) + as.integer(substr(participant_id, 2, 4))) %% 3 == 0)
uneven <- every(45, 25); uneven <- uneven[runif(nrow(uneven)) < rep(runif(45, .05, .6), 25), ]
people <- list(
  complete = crossed(every(12, 9), .7, .5), balanced_incomplete = crossed(balanced, .7, .4),
  ragged = crossed(uneven, .6, .8), no_participant_variance = crossed(every(12, 9), 0, .6, .9),
  no_image_variance = crossed(every(12, 9), .7, 0, 1.1), no_variance = crossed(every(12, 9), 0, 0, 1)
)
people$missing <- people$ragged; people$missing$rating[sample(nrow(people$missing), 20)] <- NA
people$one_rating <- people$ragged[!(people$ragged$image_id %in% sprintf("i%03d", 1:8) & duplicated(people$ragged$image_id)), ]
anti <- people$complete                     # participants' means made equal, so that their variance is zero
anti$rating <- anti$rating - ave(anti$rating, anti$participant_id) + rep(c(-.01, .01), length.out = 9)[as.integer(substr(anti$participant_id, 2, 4))]
people$no_participant_variance <- anti
anti <- people$complete
anti$rating <- anti$rating - ave(anti$rating, anti$image_id) + centre[anti$emotion] + c(-.01, .02, .01)[(as.integer(substr(anti$image_id, 2, 4)) %/% 3) %% 3 + 1]
people$no_image_variance <- anti
anti$rating <- anti$rating - ave(anti$rating, anti$participant_id) + c(5.01, 5, 4.99)[as.integer(substr(anti$participant_id, 2, 4)) %% 3 + 1]
anti$rating <- anti$rating - ave(anti$rating, anti$image_id) + 5 + c(.02, -.01, .01, 0, .01)[as.integer(substr(anti$image_id, 2, 4)) %% 5 + 1]
people$no_variance <- anti
write.csv(do.call(rbind, lapply(names(people), function(name) data.frame(design = name, people[[name]]))),
  "mixed_people.csv", row.names = FALSE, na = "")
hessian_of <- function(model) unname(model@vcov_varpar) # of theta's and sigma, as lmerTest has it
two <- list()
for (name in names(people)) for (model in c("intercept", "emotion")) {
  formula <- if (model == "intercept") rating ~ 1 + (1 | participant_id) + (1 | image_id) else rating ~ emotion + (1 | participant_id) + (1 | image_id)
  fit <- lmer(formula, people[[name]], control = tight)
  found <- describe(fit); found$theta <- unname(getME(fit, "theta")); found$theta_names <- names(getME(fit, "theta"))
  found$sigma <- sigma(fit); found$parameter_covariance <- hessian_of(fit)
  two[[paste(name, model, sep = "_")]] <- found
}
data(Penicillin)
write.csv(Penicillin, "mixed_penicillin.csv", row.names = FALSE)
fit <- lmer(diameter ~ 1 + (1 | plate) + (1 | sample), Penicillin, control = tight)
penicillin <- describe(fit)
write_json(list(one_intercept = one, crossed = two, penicillin = penicillin), "mixed_expected.json", auto_unbox = TRUE, digits = I(15), pretty = FALSE, na = "null")
