package io.novacron.hde.dictionary;

import java.util.Optional;

/**
 * What became of one training.
 *
 * @param scope empty if there are no samples of that type at all
 * @param result for people
 */
public record TrainingResult(ResourceType type, Optional<Scope> scope, String result) {}
